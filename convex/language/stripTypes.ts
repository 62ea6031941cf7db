import { transform } from "sucrase";
import { parse, type SucraseToken } from "sucrase/dist/parser/index.js";

/**
 * The source without its types, every remaining token on its own line and in its own column, so that
 * every position in the program is a position in the source. Sucrase keeps lines; blanks put the
 * tokens back into their columns. (Its source maps cannot: they stop at the first empty template part.)
 * Where sucrase adds code, for an enum, the rest of that line is shifted.
 */
export function stripTypes(source: string): string {
  const { code } = transform(source, {
    transforms: ["typescript"],
    filePath: "workflow.ts",
    disableESTransforms: true,
    keepUnusedImports: true,
  });
  if (code === source) return code;
  const before = tokensByLine(source, true);
  const after = tokensByLine(code, false);
  return code
    .split("\n")
    .map((line, index) =>
      realign(line, after.get(index) ?? [], before.get(index) ?? []),
    )
    .join("\n");
}

type Token = { text: string; column: number };

/** Moves every token right to where the source has it. Tokens of the source that are gone were types. */
function realign(line: string, after: Token[], before: Token[]): string {
  let out = "";
  let copied = 0;
  let next = 0;
  for (const token of after) {
    const found = before.findIndex(
      (old, index) => index >= next && old.text === token.text,
    );
    if (found < 0) break;
    next = found + 1;
    out += line.slice(copied, token.column);
    copied = token.column;
    out = out.padEnd(before[found]?.column ?? 0);
  }
  return out + line.slice(copied);
}

/** Tokens that are not types, by the line on which they start. Empty ones are left out. */
function tokensByLine(code: string, typescript: boolean): Map<number, Token[]> {
  const lines = new Map<number, Token[]>();
  let line = 0;
  let lineStart = 0;
  let scanned = 0;
  for (const token of parse(code, false, typescript, false).tokens) {
    for (; scanned < token.start; scanned++)
      if (code[scanned] === "\n") {
        line += 1;
        lineStart = scanned + 1;
      }
    if (token.isType || token.end === token.start) continue;
    append(lines, line, tokenIn(code, token, lineStart));
  }
  return lines;
}

function tokenIn(code: string, token: SucraseToken, lineStart: number): Token {
  const text = code.slice(token.start, token.end);
  return { text, column: token.start - lineStart };
}

function append(lines: Map<number, Token[]>, line: number, token: Token): void {
  const tokens = lines.get(line);
  if (tokens === undefined) lines.set(line, [token]);
  else tokens.push(token);
}
