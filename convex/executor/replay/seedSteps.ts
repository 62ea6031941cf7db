/**
 * Gives a run steps that another run executed: they have ended, and say in `reusedFrom` where. Nothing that happened in
 * them happens again. For replays from a step (`runSeeds.ts`).
 */
import type { Id } from "../../_generated/dataModel";
import type { MutationCtx } from "../../functions";
import { findNode, type Graph } from "../../language/graph";
import {
  copyPayload,
  MAX_INLINE_BYTES,
  type PayloadRef,
} from "../../model/payloads";
import type { WholeIteration } from "../../model/packedRows";
import {
  type StepFields,
  storedStep,
  type WholeStep,
} from "../../model/stepFields";
import { packIterations } from "../../model/stepPacks";
import type { RunRef } from "../../validators/runRefs";
import { copyApproval } from "../waits/approvalRequests";
import { findApproval } from "../waits/approvalVotes";
import type { EventLog } from "../runs/eventLog";
import { isIterationKey } from "../flow/keys";
import { stepChange } from "../runs/runHistory";
import { sequences } from "../flow/transitions";

/** The run that is made from has been deleted meanwhile, or a part of it. */
export class SourceGone extends Error {}

/** Writes one transaction's worth of such steps, and counts it. */
export class StepSeeds {
  steps = 0;
  bytes = 0;
  readonly #ctx: MutationCtx;
  readonly #runId: Id<"workflowRuns">;
  readonly #graph: Graph;
  readonly #now: number;
  readonly #log: EventLog;
  /** Rows share payloads: an iteration has the output of its last step. */
  readonly #payloads = new Map<Id<"payloads">, PayloadRef>();

  constructor(
    ctx: MutationCtx,
    into: {
      runId: Id<"workflowRuns">;
      graph: Graph;
      now: number;
      log: EventLog;
    },
  ) {
    this.#ctx = ctx;
    this.#runId = into.runId;
    this.#graph = into.graph;
    this.#now = into.now;
    this.#log = into.log;
  }

  /** `step` has ended. */
  async add(step: WholeStep, source: RunRef): Promise<void> {
    const copy = await this.#copyOf(step, source);
    await this.#ctx.db.insert("stepExecutions", storedStep(copy));
    if (step.kind === "approval") await this.copyApproval(step);
  }

  /** Iterations that were packed are packed again. */
  async addPacked(
    iterations: readonly WholeIteration<WholeStep>[],
    source: RunRef,
  ): Promise<void> {
    const copies: WholeIteration[] = [];
    for (const [iteration, ...inside] of iterations) {
      const copy: [StepFields, ...StepFields[]] = [
        await this.#copyOf(iteration, source),
      ];
      for (const step of inside) copy.push(await this.#copyOf(step, source));
      copies.push(copy);
    }
    for (const row of packIterations(copies))
      await this.#ctx.db.insert("stepExecutions", row);
  }

  /** Its times are those of the copy: the other run's would stretch this one's timeline. */
  async #copyOf(step: WholeStep, source: RunRef): Promise<StepFields> {
    this.steps += 1;
    const { _id, _creationTime, ...fields } = step;
    const now = this.#now;
    const reusedFrom = step.reusedFrom ?? source;
    this.#log.add({
      type: "began",
      kind: step.kind,
      ...stepChange(step),
      endedAt: now,
      reusedFrom: reusedFrom.number,
    });
    return {
      ...fields,
      ...this.#definitionOf(step),
      runId: this.#runId,
      createdAt: now,
      startedAt: now,
      endedAt: now,
      input: step.input && (await this.payload(step.input)),
      output: step.output && (await this.payload(step.output)),
      reusedFrom,
    };
  }

  /** What the version of this run says of the step; what it has no more (after the chosen step) stays as it was. */
  #definitionOf({ key }: WholeStep) {
    const node = isIterationKey(key) ? null : findNode(this.#graph, key);
    return node === null
      ? {}
      : {
          label: node.label,
          sequence: sequences(this.#graph).get(node.path) ?? 0,
        };
  }

  async payload(ref: PayloadRef): Promise<PayloadRef> {
    if (ref.id === null) return ref;
    const known = this.#payloads.get(ref.id);
    if (known !== undefined) return known;
    const copy = await copyPayload(this.#ctx, this.#runId, ref);
    if (copy === null) throw new SourceGone(`Payload ${ref.id} is gone`);
    this.#payloads.set(ref.id, copy);
    // Larger ones are files, which are shared.
    this.bytes += Math.min(ref.bytes, MAX_INLINE_BYTES);
    return copy;
  }

  async copyApproval({ runId, key }: WholeStep): Promise<void> {
    const approval = await findApproval(this.#ctx, runId, key);
    if (approval !== null) await copyApproval(this.#ctx, this.#runId, approval);
  }
}
