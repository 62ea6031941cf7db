import { useState } from "react";
import { SourceExcerpt } from "@/components/display/source-excerpt";
import type { StepError } from "@/convex/validators/steps";
import { codeHref, versionName } from "@/lib/version-name";
import { useRunScope } from "../run-context";

type Position = { line: number; exact: boolean };

const MESSAGE_LINES = 3;

/** An error as a person reads it: what, where in their source, the request, the cause, the frames. */
export function ErrorView({
  error,
  definedAt,
}: {
  error: StepError;
  /** The line the step is defined on, for an error that carries no position. */
  definedAt: number | null;
}) {
  return (
    <div className="flex flex-col gap-3">
      <Headline error={error} />
      {error.retryable ? null : (
        <p className="text-fg-muted">
          Not retried: trying again would fail in the same way ({error.code}).
        </p>
      )}
      <Where position={positionOf(error, definedAt)} />
      {error.http === undefined ? null : <HttpFacts http={error.http} />}
      {error.cause === undefined ? null : (
        <p className="break-words">
          <span className="text-fg-muted">Caused by </span>
          {error.cause.name}: {error.cause.message}
        </p>
      )}
      {error.frames.length > 1 ? <Frames frames={error.frames} /> : null}
    </div>
  );
}

function Headline({ error }: { error: StepError }) {
  const lines = error.message.split("\n");
  const [all, setAll] = useState(false);
  const shown = all ? lines : lines.slice(0, MESSAGE_LINES);
  return (
    <div>
      <h3 className="text-base font-semibold break-words whitespace-pre-wrap text-failed-text">
        {error.name}: {shown.join("\n")}
      </h3>
      {lines.length > shown.length ? (
        <button type="button" className="link" onClick={() => setAll(true)}>
          Show all {lines.length} lines
        </button>
      ) : null}
    </div>
  );
}

function positionOf(
  error: StepError,
  definedAt: number | null,
): Position | null {
  const line = error.frames.find((frame) => frame.line !== null)?.line ?? null;
  if (line !== null) return { line, exact: true };
  return definedAt === null ? null : { line: definedAt, exact: false };
}

function Where({ position }: { position: Position | null }) {
  const { run, version, workspaceSlug } = useRunScope();
  if (position === null)
    return <p className="text-fg-muted">Where in the source is not known.</p>;
  if (version === null) return null;
  return (
    <div className="flex flex-col gap-1.5">
      {position.exact ? null : (
        <p className="text-fg-muted">
          The error carries no line. The step is defined here:
        </p>
      )}
      <SourceExcerpt
        source={version.source}
        line={position.line}
        versionName={versionName(version.number)}
        href={codeHref(
          `/${workspaceSlug}/workflows/${run.workflowSlug}`,
          run,
          position.line,
        )}
      />
    </div>
  );
}

function HttpFacts({ http }: { http: NonNullable<StepError["http"]> }) {
  return (
    <p className="font-mono text-xs break-all">
      {http.method} {http.url}
      <span className="text-fg-muted">
        {" → "}
        {http.status ?? "no answer"}
      </span>
    </p>
  );
}

function Frames({ frames }: { frames: StepError["frames"] }) {
  return (
    <details>
      <summary className="cursor-pointer text-fg-muted">
        All {frames.length} frames
      </summary>
      <ol className="mt-1 font-mono text-xs leading-5">
        {frames.map((frame, index) => (
          <li key={index}>
            at {frame.fn === "" ? "(anonymous)" : frame.fn}{" "}
            <span className="text-fg-muted">
              {frame.line === null
                ? "line unknown"
                : `line ${frame.line}:${frame.column ?? 1}`}
            </span>
          </li>
        ))}
      </ol>
    </details>
  );
}
