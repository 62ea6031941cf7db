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

  /** Starts runs for `windowMs`, one at a time of each workflow, and lets those that started finish. */
  async measure(
    workflowIds: Id<"workflows">[],
    windowMs: number,
  ): Promise<RunsMeasured> {
    const startedAt = performance.now();
    const latenciesMs: number[] = [];
    const lane = async (workflowId: Id<"workflows">): Promise<void> => {
      while (performance.now() - startedAt < windowMs) {
        latenciesMs.push(await this.#oneRun(workflowId));
      }
    };
    await Promise.all(workflowIds.map(lane));
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
