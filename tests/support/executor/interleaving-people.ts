/** What people do to runs in the interleaving test: they decide, send events, skip, retry, cancel and replay. */
import { api } from "../../../convex/_generated/api";
import type { Doc, Id } from "../../../convex/_generated/dataModel";
import { nodeAt } from "../../../convex/executor/flow/transitions";
import { errorData } from "../../../convex/errors";
import type { RunId } from "./executor-harness";
import { Fates } from "./fates";
import { graphOf } from "./invariants";
import { present } from "./present";
import { seedOf } from "./run-families";
import type { SeededRandom } from "./seeded-random";
import type { StagedExecutor } from "./staged-executor";

const MAX_REPLAYS = 6;

export class People {
  readonly #executor: StagedExecutor;
  readonly #random: SeededRandom;
  readonly #found: string[];
  readonly cancelled = new Set<RunId>();
  /** Cancelled when they had failed already: that ended their `onFailure`. */
  readonly cutOff = new Set<RunId>();
  #replays = 0;

  constructor(executor: StagedExecutor, random: SeededRandom, found: string[]) {
    this.#executor = executor;
    this.#random = random;
    this.#found = found;
  }

  /** How often each does something. */
  get acts(): [number, () => Promise<void>][] {
    return [
      [4, () => this.#decide()],
      [4, () => this.#send()],
      [3, () => this.#skip()],
      [3, () => this.#retryNow()],
      [1, () => this.#cancel()],
      [1, () => this.#replay()],
    ];
  }

  /** Whatever somebody is asked for is given. */
  async answerAll(): Promise<void> {
    for (const approval of await this.#executor.rows("approvals"))
      if (approval.outcome === null) await this.#decideOn(approval._id);
    for (const wait of await this.#executor.rows("openWaits"))
      if (wait.eventId === null) await this.#sendTo(wait);
  }

  async fatesOf(runId: RunId): Promise<Fates> {
    return new Fates(seedOf(await this.#executor.run(runId)));
  }

  async #decide(): Promise<void> {
    const all = await this.#executor.rows("approvals");
    const approval = this.#random.pick(all);
    if (approval !== undefined) await this.#decideOn(approval._id);
  }

  async #decideOn(approvalId: Id<"approvals">): Promise<void> {
    const all = await this.#executor.rows("approvals");
    const { runId, stepKey, outcome, until } = present(
      all.find(({ _id }) => _id === approvalId),
    );
    // What nobody answers is left alone until its time is over; then it must be refused.
    const isOver = outcome !== null || (until !== null && until <= Date.now());
    const fates = await this.fatesOf(runId);
    if (!isOver && until !== null && !fates.answers(stepKey)) return;
    const approved = fates.approves(stepKey) !== isOver;
    const deciding = this.#executor.owner.mutation(api.approvals.decide, {
      approvalId,
      approved,
    });
    await this.#refusedIf(isOver, deciding, `deciding ${stepKey}`);
  }

  async #refusedIf(
    isOver: boolean,
    doing: Promise<unknown>,
    what: string,
  ): Promise<void> {
    const isDone = await doing.then(
      () => true,
      () => false,
    );
    if (isDone === isOver)
      this.#found.push(
        `${what} was ${isDone ? "" : "not "}possible ${isOver ? "after" : "before"} its end`,
      );
  }

  /** For a step that waits, or for one that may come to wait. */
  async #send(): Promise<void> {
    const waits = await this.#executor.rows("openWaits");
    const wait = this.#random.pick(waits);
    if (wait !== undefined) await this.#sendTo(wait);
  }

  async #sendTo({ runId, stepKey }: Doc<"openWaits">): Promise<void> {
    const run = await this.#executor.run(runId);
    const workflowVersions = await this.#executor.rows("workflowVersions");
    const graph = graphOf({ workflowVersions }, run);
    const seed = seedOf(run);
    const fates = new Fates(seed);
    const isTimed = nodeAt(graph, stepKey).timeoutMs !== null;
    if (isTimed && !fates.answers(stepKey)) return;
    const ok = fates.fails(stepKey) ? "no" : true;
    await this.#executor.owner.mutation(api.events.send, {
      organizationId: this.#executor.organizationId,
      name: "wanted",
      data: JSON.stringify({ key: `${seed}:${stepKey}`, ok }),
    });
  }

  async #anyStep(...kinds: string[]): Promise<Doc<"stepExecutions"> | null> {
    const steps = await this.#executor.rows("stepExecutions");
    const some = steps.filter(({ kind }) => kinds.includes(kind));
    return this.#random.pick(some) ?? null;
  }

  async #skip(): Promise<void> {
    const delay = await this.#anyStep("delay");
    if (delay === null) return;
    const { runId, state, key: stepKey } = delay;
    await this.#refusedIf(
      state.kind !== "waiting",
      this.#executor.owner.mutation(api.stepExecutions.skipDelay, {
        runId,
        stepKey,
      }),
      `skipping ${stepKey}`,
    );
  }

  async #retryNow(): Promise<void> {
    const step = await this.#anyStep("http", "action", "run");
    if (step === null) return;
    const { runId, state, key: stepKey } = step;
    await this.#refusedIf(
      state.kind !== "retrying",
      this.#executor.owner.mutation(api.stepExecutions.retryNow, {
        runId,
        stepKey,
      }),
      `retrying ${stepKey}`,
    );
  }

  /** Rather one that has failed and goes on with `onFailure`: there is seldom one. */
  async #cancel(): Promise<void> {
    const runs = await this.#executor.rows("workflowRuns");
    const atIt = runs.filter(
      (run) => run.failing !== undefined && run.endedAt === null,
    );
    const run = this.#random.pick(atIt) ?? this.#random.pick(runs);
    if (run === undefined) return;
    const { _id: runId, endedAt, failing } = run;
    const isOver = endedAt !== null;
    if (!isOver && failing === undefined) this.cancelled.add(runId);
    if (!isOver && failing !== undefined) this.cutOff.add(runId);
    await this.#refusedIf(
      isOver,
      this.#executor.owner.mutation(api.workflowRuns.cancel, { runId }),
      "cancelling",
    );
    const { state } = await this.#executor.run(runId);
    const kind = failing === undefined ? "cancelled" : "failed";
    if (!isOver && state.kind !== kind)
      this.#found.push(`E6: a run that was cancelled is ${state.kind}`);
  }

  /** Also of runs inside others; those of a workflow at its limit may be refused. */
  async #replay(): Promise<void> {
    const run = this.#random.pick(await this.#executor.rows("workflowRuns"));
    if (run === undefined || this.#replays++ >= MAX_REPLAYS) return;
    const version = this.#random.chance(0.5) ? "original" : "current";
    await this.#executor.owner
      .mutation(api.workflowRuns.replay, { runId: run._id, version })
      .catch((error: unknown) => {
        if (errorData(error)?.code !== "dropped") throw error;
      });
  }
}
