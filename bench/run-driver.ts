/** Keeps a number of runs in flight and measures each from the call that starts it to the push that says it completed. */
import { ConvexClient } from "convex/browser";
import { api } from "../convex/_generated/api";
import type { Id } from "../convex/_generated/dataModel";
import type { Workspace } from "../tests/support/workspace";

export interface RunsMeasured {
  runsPerSecond: number;
  latenciesMs: number[];
}

export class RunDriver {
  #client: ConvexClient;

  constructor(url: string, workspace: Workspace) {
    this.#client = new ConvexClient(url);
    this.#client.setAuth(async () => workspace.token);
  }

  /** Starts runs for `windowMs`, one at a time in each lane, whose workflows take turns; those that started may finish. */
  async measure(
    lanes: Id<"workflows">[][],
    windowMs: number,
  ): Promise<RunsMeasured> {
    const startedAt = performance.now();
    const latenciesMs: number[] = [];
    const drive = async (workflowIds: Id<"workflows">[]): Promise<void> => {
      for (;;)
        for (const workflowId of workflowIds) {
          if (performance.now() - startedAt > windowMs) return;
          latenciesMs.push(await this.#oneRun(workflowId));
        }
    };
    await Promise.all(lanes.map(drive));
    const seconds = (performance.now() - startedAt) / 1000;
    return { runsPerSecond: latenciesMs.length / seconds, latenciesMs };
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async #oneRun(workflowId: Id<"workflows">): Promise<number> {
    const startedAt = performance.now();
    const { runId } = await this.#client.mutation(api.workflowRuns.create, {
      workflowId,
      input: "{}",
    });
    await this.#completed(runId);
    return performance.now() - startedAt;
  }

  #completed(runId: Id<"workflowRuns">): Promise<void> {
    return new Promise((resolve, reject) => {
      const unsubscribe = this.#client.onUpdate(
        api.workflowRuns.get,
        { runId },
        (run) => {
          const kind = run?.state.kind;
          if (kind === "completed") {
            unsubscribe();
            resolve();
          } else if (kind === "failed" || kind === "cancelled") {
            unsubscribe();
            reject(new Error(`run ${runId}: ${JSON.stringify(run?.state)}`));
          }
        },
        reject,
      );
    });
  }
}
