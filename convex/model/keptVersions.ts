/**
 * What was read of versions, which never change (E8): kept for the transactions that come after, as long as the process
 * has this module. Ids are never given twice.
 */
import type { Doc, Id } from "../_generated/dataModel";
import { must } from "../errors";
import type { QueryCtx } from "../functions";
import type { Graph, JsonSchema } from "../language/graph";

/** Least recently used first; how many depends on their size. */
export class Kept<Value> {
  readonly #values = new Map<string, { value: Value; chars: number }>();
  readonly #maxChars: number;
  #chars = 0;

  constructor(maxChars: number) {
    this.#maxChars = maxChars;
  }

  get(id: string): Value | undefined {
    const found = this.#values.get(id);
    if (found === undefined) return undefined;
    this.#values.delete(id);
    this.#values.set(id, found);
    return found.value;
  }

  set(id: string, value: Value, chars: number): void {
    this.#drop(id);
    this.#values.set(id, { value, chars });
    this.#chars += chars;
    for (const oldest of this.#values.keys()) {
      if (this.#chars <= this.#maxChars) return;
      this.#drop(oldest);
    }
  }

  #drop(id: string): void {
    this.#chars -= this.#values.get(id)?.chars ?? 0;
    this.#values.delete(id);
  }
}

const MAX_CHARS = 4 * 1024 * 1024;
const versions = new Kept<Doc<"workflowVersions">>(MAX_CHARS);
const graphs = new WeakMap<Doc<"workflowVersions">, Graph>();
const inputSchemas = new WeakMap<Doc<"workflowVersions">, JsonSchema>();

/** To be read only: others get the same one. */
export async function versionOf(
  ctx: QueryCtx,
  id: Id<"workflowVersions">,
): Promise<Doc<"workflowVersions">> {
  return must(await findVersion(ctx, id), `version ${id}`);
}

/** To be read only, likewise; null when it is gone. */
export async function findVersion(
  ctx: QueryCtx,
  id: Id<"workflowVersions">,
): Promise<Doc<"workflowVersions"> | null> {
  const known = versions.get(id);
  if (known !== undefined) return known;
  const version = await ctx.db.get("workflowVersions", id);
  if (version !== null) versions.set(id, version, version.graph.length);
  return version;
}

/** To be read only, likewise. */
export function graphOf(version: Doc<"workflowVersions">): Graph {
  const known = graphs.get(version);
  if (known !== undefined) return known;
  // Written by the compiler when the version was published.
  const graph = JSON.parse(version.graph) as Graph;
  graphs.set(version, graph);
  return graph;
}

/** To be read only, likewise; null: the input is whatever comes. */
export function inputSchemaOf(
  version: Doc<"workflowVersions">,
): JsonSchema | null {
  if (version.inputSchema === null) return null;
  const known = inputSchemas.get(version);
  if (known !== undefined) return known;
  // Written by the compiler when the version was published.
  const schema = JSON.parse(version.inputSchema) as JsonSchema;
  inputSchemas.set(version, schema);
  return schema;
}
