/**
 * Looks at what runs gave: reads only, bounded, and apart from the functions that move runs. Pinned outputs are not
 * looked at, because nothing gave them.
 */
import type { Doc } from "../_generated/dataModel";
import type { QueryCtx } from "../functions";
import { definitionPath, type StepNode, walk } from "../language/graph";
import type { UnreadValue } from "../validators/observations";
import { graphOf, versionOf } from "./keptVersions";
import { parsePayload, type PayloadRef } from "./payloads";
import { type Part, partOf, SeenValues } from "./seenValues";
import type { WholeStep } from "./stepFields";
import { firstInScope } from "./stepReads";

/** The newest runs of a workflow: those that have ended are looked at, so many of the version that counts. */
const NEWEST = 40;
const MAX_RUNS = 10;
const MAX_ITERATIONS = 3;
const MAX_STEPS_OF_SCOPE = 60;
const MAX_STEPS_OF_RUN = 200;
/** Of the values together; and of one file. */
const MAX_BYTES = 4 * 1024 * 1024;
const MAX_FILE_BYTES = 1024 * 1024;
const MAX_FILES = 10;

/** The path under which the input of runs stands. */
export const INPUT_PATH = "";

export class RunLook {
  readonly seen = new SeenValues();
  readonly unread: UnreadValue[] = [];
  readonly #ctx: QueryCtx;
  #bytesLeft = MAX_BYTES;

  constructor(ctx: QueryCtx) {
    this.#ctx = ctx;
  }

  /** Outputs and input of the runs of its published version, and of tests; what these do not have, of older runs. */
  async workflow(workflow: Doc<"workflows">): Promise<void> {
    const newest = await this.#ctx.db
      .query("workflowRuns")
      .withIndex("by_workflowId", (q) => q.eq("workflowId", workflow._id))
      .order("desc")
      .take(NEWEST);
    const ended = newest.filter(hasEnded);
    const published = workflow.publishedVersion?._id;
    const counts = (run: Doc<"workflowRuns">) =>
      run.isTest === true || run.versionId === published;
    await this.#runs(ended.filter(counts).slice(0, MAX_RUNS));
    const known = new Set(this.seen.entries().map(([path]) => path));
    for (const { path } of this.unread) known.add(path);
    const older = ended.filter((run) => !counts(run)).slice(0, MAX_RUNS);
    await this.#runs(older, known);
  }

  async #runs(
    runs: Doc<"workflowRuns">[],
    known: ReadonlySet<string> = new Set(),
  ): Promise<void> {
    for (const run of runs) {
      const version = await versionOf(this.#ctx, run.versionId);
      if (version.inputSchema === null && !known.has(INPUT_PATH))
        await this.value({
          path: INPUT_PATH,
          run: run.number,
          part: "all",
          ref: run.input,
        });
      await this.#steps(run, partsOf(version, known));
    }
  }

  async #steps(
    run: Doc<"workflowRuns">,
    parts: Map<string, Part>,
  ): Promise<void> {
    const scopes = [""];
    let stepsLeft = MAX_STEPS_OF_RUN;
    for (const scope of scopes) {
      const limit = Math.min(stepsLeft, MAX_STEPS_OF_SCOPE);
      const steps = await firstInScope(this.#ctx, run._id, scope, limit);
      stepsLeft -= steps.length;
      for (const step of steps) {
        if (step.kind === "loop") scopes.push(...firstIterations(step.key));
        await this.#step(run, step, parts.get(definitionPath(step.key)));
      }
      if (stepsLeft <= 0) return;
    }
  }

  async #step(
    run: Doc<"workflowRuns">,
    step: WholeStep,
    part: Part | undefined,
  ): Promise<void> {
    if (part === undefined || step.pinned || step.state.kind !== "completed")
      return;
    const path = definitionPath(step.key);
    await this.value({ path, run: run.number, part, ref: step.output });
  }

  /** A value in a file is only noted: queries cannot read it. */
  async value(given: {
    path: string;
    run: number;
    part: Part;
    ref: PayloadRef | null;
  }): Promise<void> {
    const { path, run, part, ref } = given;
    if (ref === null || ref.bytes > this.#bytesLeft) return;
    const body = await this.#body(ref);
    if (body === null) return;
    this.#bytesLeft -= ref.bytes;
    if (body.kind === "file") {
      if (ref.bytes <= MAX_FILE_BYTES && this.unread.length < MAX_FILES)
        this.unread.push({ path, run, part, storageId: body.storageId });
      return;
    }
    const value = partOf(parsePayload(body.json), part);
    if (value !== undefined) this.seen.add(path, run, value);
  }

  async #body({ id, preview }: PayloadRef) {
    if (id === null) return { kind: "inline" as const, json: preview };
    return (await this.#ctx.db.get("payloads", id))?.body ?? null;
  }
}

function hasEnded({ state }: Doc<"workflowRuns">): boolean {
  return ["completed", "failed", "cancelled"].includes(state.kind);
}

/** Of the steps whose output is not known from the code. */
function partsOf(
  version: Doc<"workflowVersions">,
  known: ReadonlySet<string>,
): Map<string, Part> {
  const parts = new Map<string, Part>();
  for (const node of walk(graphOf(version).steps)) {
    const part = unknownPart(node);
    if (part !== null && !known.has(node.path)) parts.set(node.path, part);
  }
  return parts;
}

function unknownPart(node: StepNode): Part | null {
  switch (node.kind) {
    case "http":
      return node.responseSchema === null ? "body" : null;
    case "waitForEvent":
      return node.dataSchema === null ? "data" : null;
    case "code":
    case "action":
      return "all";
    default:
      return null;
  }
}

function firstIterations(loopKey: string): string[] {
  return Array.from({ length: MAX_ITERATIONS }, (_, n) => `${loopKey}[${n}]`);
}
