/** Gathers shapes of values by path, and in how many runs each path had one. */
import type { Json } from "../language/evaluation";
import type { Seen } from "../language/shapeType";
import {
  boundedShape,
  mergeShapes,
  type Shape,
  shapeOf,
} from "../language/shapes";

/** Which part of an output TypeScript knows nothing of. */
export type Part = "body" | "data" | "all";
type Gathered = { shape: Shape; runs: Set<number> };

/** Types in one shape: enough for a large API response, and a bound for what the editor has to read. */
const MAX_TYPES = 150;
const MAX_PATHS = 100;

export class SeenValues {
  readonly #byPath = new Map<string, Gathered>();

  has(path: string): boolean {
    return this.#byPath.has(path);
  }

  add(path: string, run: number, value: Json): void {
    this.#merge(path, shapeOf(value), new Set([run]));
  }

  /** What `entries` of another gave. */
  addSeen(path: string, { shape, runs }: { shape: Shape; runs: number[] }) {
    this.#merge(path, shape, new Set(runs));
  }

  #merge(path: string, added: Shape, runs: Set<number>): void {
    const known = this.#byPath.get(path);
    if (known === undefined && this.#byPath.size >= MAX_PATHS) return;
    const merged = known ? mergeShapes(known.shape, added) : added;
    this.#byPath.set(path, {
      shape: boundedShape(merged, MAX_TYPES),
      runs: new Set([...(known?.runs ?? []), ...runs]),
    });
  }

  /** For `addSeen`. */
  entries(): [path: string, { shape: Shape; runs: number[] }][] {
    return [...this.#byPath].map(([path, { shape, runs }]) => [
      path,
      { shape, runs: [...runs] },
    ]);
  }

  /** In order of their paths. */
  seen(): [path: string, seen: Seen][] {
    return [...this.#byPath]
      .map(([path, { shape, runs }]): [string, Seen] => [
        path,
        { times: runs.size, shape },
      ])
      .sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

/** Undefined when the output has no such part: a wait that timed out. */
export function partOf(value: Json, part: Part): Json | undefined {
  if (part === "all") return value;
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return undefined;
  return value[part];
}
