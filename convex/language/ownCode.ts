/**
 * The code that belongs to each step itself: the tokens of its call without those of the steps inside it. Types,
 * comments, line breaks and trailing commas are no part of it, so two equal texts do the same.
 */
import { parse, type Token, tokTypes } from "acorn";
import { type SourceRange, type StepNode, walk } from "./graph";
import { stripTypes } from "./stripTypes";

/** By definition path; `""` is all the code outside of steps: helpers, the head of the workflow and its output. */
export type OwnCode = Map<string, string>;

type Span = { path: string; kind: StepNode["kind"]; from: number; to: number };
type Placed = { text: string; from: number };

/** Empty when the source cannot be read. */
export function ownCode(source: string, steps: readonly StepNode[]): OwnCode {
  const tokens = tokensOf(source);
  if (tokens === null) return new Map();
  const texts = new Map<string, string[]>([["", []]]);
  const spans = spansOf(steps);
  for (const { path } of spans) texts.set(path, []);
  for (const { path, text } of assigned(tokens, spans))
    texts.get(path)?.push(text);
  return new Map([...texts].map(([path, list]) => [path, list.join("\u0001")]));
}

function spansOf(steps: readonly StepNode[]): Span[] {
  const spans = [...walk(steps)].flatMap(({ path, kind, range }) =>
    range === null ? [] : [{ path, kind, ...places(range) }],
  );
  return spans.sort((a, b) => a.from - b.from || b.to - a.to);
}

function places(range: SourceRange): { from: number; to: number } {
  return {
    from: place(range.line, range.column),
    to: place(range.endLine, range.endColumn),
  };
}

const place = (line: number, column: number) => line * 1e6 + column;

function tokensOf(source: string): Placed[] | null {
  try {
    const code = stripTypes(source);
    const tokens: Token[] = [];
    parse(code, {
      ecmaVersion: 2023,
      sourceType: "module",
      locations: true,
      onToken: tokens,
    });
    return withoutTrailingCommas(tokens).map(({ start, end, loc }) => ({
      text: code.slice(start, end),
      from: place(loc?.start.line ?? 1, (loc?.start.column ?? 0) + 1),
    }));
  } catch {
    return null;
  }
}

const CLOSING = new Set([tokTypes.parenR, tokTypes.braceR, tokTypes.bracketR]);
const GAPS = new Set([tokTypes.comma, tokTypes.bracketL]);

/** `[,]` is a list with a hole, so a comma after nothing stays. */
function withoutTrailingCommas(tokens: Token[]): Token[] {
  return tokens.filter(({ type }, index) => {
    const [before, after] = [tokens[index - 1]?.type, tokens[index + 1]?.type];
    if (type !== tokTypes.comma || !after || !before) return true;
    return !CLOSING.has(after) || GAPS.has(before);
  });
}

/** Each token with the innermost step that it stands in. What only joins steps (`.`, or `,` after a case) is left out. */
function* assigned(
  tokens: readonly Placed[],
  spans: readonly Span[],
): Generator<{ path: string; text: string }> {
  const open: Span[] = [];
  let next = 0;
  for (const [index, { text, from }] of tokens.entries()) {
    let closed: Span | undefined;
    while ((open.at(-1)?.to ?? Infinity) <= from) closed = open.pop();
    for (let at = spans[next]; at && at.from <= from; at = spans[++next])
      open.push(at);
    const joins =
      (text === "." && tokens[index + 1]?.from === spans[next]?.from) ||
      (text === "," && closed?.kind === "branch");
    if (!joins) yield { path: open.at(-1)?.path ?? "", text };
  }
}
