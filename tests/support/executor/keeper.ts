/** What the tests of retention do: workflows that leave rows in most tables, and whole passes. */
import { api, internal } from "../../../convex/_generated/api";
import type { Id } from "../../../convex/_generated/dataModel";
import type { Retention } from "../../../convex/validators/workflows";
import type { RunId } from "./executor-harness";
import { present } from "./present";
import type { StagedExecutor } from "./staged-executor";

export const DAY_MS = 86_400_000;
const HEAD = `import { workflow, z } from "lockstep";\nexport default workflow`;

/** A run that leaves rows in most tables: a large value, logs, iterations (the first share a row), an approval. */
export const RICH = `({ input: z.object({ size: z.number(), items: z.number() }) })
  .code("large", ({ input }) => { console.log("made"); return "x".repeat(input.size); })
  .loop("each", { times: ({ input }) => input.items, do: (flow) => flow.code("double", ({ index }) => { if (index > 1) console.log(index); return index * 2; }) })
  .approval("boss", { title: () => "All right?", timeout: "1h", onTimeout: "approve" })
  .output(({ steps }) => steps.large)`;

/** Tables that hold nothing once all runs are gone. */
const OF_RUNS = [
  "approvals",
  "eventMailbox",
  "events",
  "loopItems",
  "payloads",
  "pinnedOutputs",
  "runEvents",
  "runRemovals",
  "stepAttempts",
  "stepExecutions",
  "stepLogs",
  "stepStreams",
  "workflowRuns",
] as const;

/** Over a staged executor, whose clock it moves. */
export class Keeper {
  readonly executor: StagedExecutor;

  constructor(executor: StagedExecutor) {
    this.executor = executor;
  }

  async workflow(chain: string): Promise<Id<"workflows">> {
    return await this.executor.publish(HEAD + chain);
  }

  async saveDraft(workflowId: Id<"workflows">, chain: string): Promise<void> {
    const change = { workflowId, source: HEAD + chain };
    await this.executor.owner.mutation(api.workflows.saveDraft, change);
  }

  async started(chain: string, input: unknown = {}): Promise<RunId> {
    return await this.executor.start(await this.workflow(chain), input);
  }

  async replayFrom(runId: RunId, fromStep?: string): Promise<RunId> {
    const replay = await this.executor.owner.mutation(api.workflowRuns.replay, {
      runId,
      version: "original",
      ...(fromStep === undefined ? {} : { fromStep }),
    });
    return replay.runId;
  }

  async keepFor(
    workflowId: Id<"workflows">,
    retention: Retention,
  ): Promise<void> {
    const change = { workflowId, retention };
    await this.executor.owner.mutation(api.workflows.updateRetention, change);
  }

  async keepDays(workflowId: Id<"workflows">, days: number): Promise<void> {
    await this.keepFor(workflowId, { kind: "days", days });
  }

  /** A whole pass, as the cron starts it; what it did. */
  async clean(): Promise<Record<string, number>> {
    await this.executor.t.mutation(internal.executor.retention.sweep, {});
    for (;;) {
      await this.executor.pass(200);
      const passes = await this.executor.rows("passes");
      const pass = present(passes.find(({ name }) => name === "retention"));
      if (pass.endedAt !== null) return pass.counts;
    }
  }

  async runIds(): Promise<RunId[]> {
    const runs = await this.executor.rows("workflowRuns");
    return runs.map(({ _id }) => _id);
  }

  async files() {
    return await this.executor.t.run(({ db }) =>
      db.system.query("_storage").collect(),
    );
  }

  /** What is there although no run is. */
  async left(): Promise<string[]> {
    const counts = await Promise.all(
      OF_RUNS.map(async (table) => {
        const { length } = await this.executor.rows(table);
        return length === 0 ? [] : [`${length} of ${table}`];
      }),
    );
    const { length } = await this.files();
    return [...counts.flat(), ...(length === 0 ? [] : [`${length} files`])];
  }
}
