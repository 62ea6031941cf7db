/** The head of tests of when runs start. */
import type { FunctionReturnType } from "convex/server";
import { api } from "../../../convex/_generated/api";
import type { Id } from "../../../convex/_generated/dataModel";
import type { ExecutorHarness, RunId } from "./executor-harness";
import { useExecutorInProcess } from "./use-executor";

/** Waits until somebody ends it. */
export const SLEEPS = `.delay("nap", "1h")`;

type Start = { idempotencyKey?: string; priority?: number };
type Explanation = FunctionReturnType<typeof api.workflowRuns.explain>;

export function useStarts() {
  const executor = useExecutorInProcess();
  return {
    executor,
    start: (workflowId: Id<"workflows">, input?: unknown, more?: Start) =>
      start(executor, workflowId, input, more),
    stateOf: async (runId: RunId) => (await executor.run(runId)).state.kind,
    cancel: async (runId: RunId) =>
      await executor.client.mutation(api.workflowRuns.cancel, { runId }),
    untilGoing: async (runId: RunId) =>
      await executor.untilRun(runId, ({ state }) => state.kind === "waiting"),
    explanation: async (runId: RunId) =>
      sentenceOf(
        await executor.client.query(api.workflowRuns.explain, { runId }),
      ),
  };
}

async function start(
  { client }: ExecutorHarness,
  workflowId: Id<"workflows">,
  input: unknown = {},
  more: Start = {},
) {
  return await client.mutation(api.workflowRuns.create, {
    workflowId,
    input: JSON.stringify(input),
    ...more,
  });
}

/** As a page shows it, with `<time>` for times. */
function sentenceOf(parts: Explanation): string {
  return (parts ?? [])
    .map((part) => {
      if (part.kind === "text") return part.text;
      return part.kind === "time" ? "<time>" : `#${part.number}`;
    })
    .join("");
}
