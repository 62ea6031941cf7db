/** Stack traces in terms of the author's files: frames of pushed modules only, mapped through their source maps. */
import { SourceMap, type SourceMapPayload } from "node:module";
import type { CompiledModule } from "./compiled-module";

const FRAME = /^\s*at (?:(.*?) \()?(convex:\/.*?):(\d+):(\d+)\)?$/;
const LIBRARY =
  /(^|\/)convex\/(src|dist\/esm|dist\/cjs)\/server\/impl\/|(^|\/)udf-runtime\//;
const parsedMaps = new Map<string, SourceMap>();
const PARSED_LIMIT = 200;

type Position = { file: string; line: number; column: number };

/** `    at fn (../convex/file.ts:12:3)` per frame; empty when none is the author's. */
export function authorFrames(
  stack: string,
  moduleOf: (filename: string) => CompiledModule | undefined,
): string[] {
  return stack.split("\n").flatMap((line) => {
    const [, name, filename, row, column] = FRAME.exec(line) ?? [];
    const module = filename === undefined ? undefined : moduleOf(filename);
    if (module === undefined) return [];
    const position = sourcePosition(module, {
      line: Number(row),
      column: Number(column),
    });
    if (LIBRARY.test(position.file)) return [];
    const place = `${position.file}:${position.line}:${position.column}`;
    return [
      name === undefined ? `    at ${place}` : `    at ${name} (${place})`,
    ];
  });
}

/** Lines and columns count from one, as in stack traces. */
export function sourcePosition(
  module: CompiledModule,
  generated: { line: number; column: number },
): Position {
  let position: Position = { file: module.path, ...generated };
  for (const text of module.maps) {
    const entry = parsed(text).findEntry(
      position.line - 1,
      position.column - 1,
    );
    if (!("originalSource" in entry)) return position;
    position = {
      file: entry.originalSource,
      line: entry.originalLine + 1,
      column: entry.originalColumn + 1,
    };
  }
  return position;
}

function parsed(text: string): SourceMap {
  const known = parsedMaps.get(text);
  if (known !== undefined) return known;
  if (parsedMaps.size >= PARSED_LIMIT) parsedMaps.clear();
  const map = new SourceMap(JSON.parse(text) as SourceMapPayload);
  parsedMaps.set(text, map);
  return map;
}
