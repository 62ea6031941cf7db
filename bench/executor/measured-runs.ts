/** Keeps a number of runs in flight and measures each from the call that starts it to the push that says it completed. */
import type { ConvexClient } from "convex/browser";
import type { FunctionReference } from "convex/server";
import { timed } from "../embedded/samples";

/** Starts a run; resolves when its client has heard that it completed. */
export type OneRun = () => Promise<void>;

export interface RunsMeasured {
  runsPerSecond: number;
  latenciesMs: number[];
}

type RunQuery<RunId> = FunctionReference<
  "query",
  "public",
  { runId: RunId },
  { state: { kind: string } } | null
>;

/** Starts runs for `windowMs`, each when one before it has completed; those that started may finish. */
export async function measureRuns(
  oneRun: OneRun,
  { inFlight, windowMs }: { inFlight: number; windowMs: number },
): Promise<RunsMeasured> {
  const startedAt = performance.now();
  const latenciesMs: number[] = [];
  const lane = async (): Promise<void> => {
    while (performance.now() - startedAt <= windowMs)
      latenciesMs.push(await timed(oneRun));
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  const seconds = (performance.now() - startedAt) / 1000;
  return { runsPerSecond: latenciesMs.length / seconds, latenciesMs };
}

/** Watches the run with `get`; rejects when it ends otherwise. */
export function untilCompleted<RunId extends string>(
  client: ConvexClient,
  get: RunQuery<RunId>,
  runId: RunId,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const unsubscribe = client.onUpdate(
      get,
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
