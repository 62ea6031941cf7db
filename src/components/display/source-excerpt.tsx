import Link from "next/link";
import { cn } from "../../lib/cn";

const LINES_AROUND = 2;

/** The lines around one line of a source, with that line marked, and the way to it in the editor. */
export function SourceExcerpt(props: {
  source: string;
  line: number;
  href: string;
  versionName: string;
}) {
  const lines = props.source.split("\n");
  const first = Math.max(1, props.line - LINES_AROUND);
  const shown = lines.slice(first - 1, props.line + LINES_AROUND);
  const indent = commonIndent(shown);
  return (
    <figure className="flex flex-col gap-1.5">
      <pre
        tabIndex={0}
        aria-label={`Source around line ${props.line}`}
        className="overflow-x-auto rounded-md border border-border bg-subtle py-1.5 font-mono text-xs leading-[18px]"
      >
        {shown.map((text, index) => (
          <SourceLine
            key={first + index}
            number={first + index}
            text={text.slice(indent)}
            marked={first + index === props.line}
          />
        ))}
      </pre>
      <figcaption>
        <Link href={props.href} className="link">
          Open line {props.line} in the editor ({props.versionName})
        </Link>
      </figcaption>
    </figure>
  );
}

function SourceLine(props: { number: number; text: string; marked: boolean }) {
  return (
    <code
      className={cn(
        "flex w-max min-w-full border-l-[3px] border-transparent pr-3",
        props.marked && "border-failed-text bg-failed-tint",
      )}
    >
      <span className="w-9 shrink-0 pr-3 text-right text-fg-subtle select-none">
        {props.number}
      </span>
      {props.marked ? <span className="sr-only">Failing line: </span> : null}
      {props.text === "" ? " " : props.text}
    </code>
  );
}

function commonIndent(lines: readonly string[]): number {
  const indents = lines
    .filter((line) => line.trim() !== "")
    .map((line) => line.length - line.trimStart().length);
  return Math.min(...indents, 40);
}
