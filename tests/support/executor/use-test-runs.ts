/** The head of tests of drafts: workflows that were never published, and tests of them. */
import { api } from "../../../convex/_generated/api";
import type { Id } from "../../../convex/_generated/dataModel";
import type { ExecutorHarness } from "./executor-harness";
import { useExecutorInProcess } from "./use-executor";

type WorkflowId = Id<"workflows">;
type Options = { input?: unknown; pins?: Pins };
type Scope = { input?: unknown; steps?: object; items?: object };
type Pins = { pattern: string; json: string }[];

const HEAD = `import { workflow, z } from "lockstep";\nexport default workflow`;

export const code = (expected: string) => ({ data: { code: expected } });

export function useTestRuns() {
  const executor = useExecutorInProcess();
  const starts = (workflowId: WorkflowId, options?: Options) =>
    start(executor, workflowId, options);
  const startsStep = (workflowId: WorkflowId, path: string, scope?: Scope) =>
    startStep(executor, workflowId, path, scope);
  return {
    executor,
    sourceOf: (chain: string) => sourceOf(executor, chain),
    draft: (chain: string) => draft(executor, chain),
    start: starts,
    started: async (...args: Parameters<typeof starts>) =>
      idOf(await starts(...args)),
    startStep: startsStep,
    stepStarted: async (...args: Parameters<typeof startsStep>) =>
      idOf(await startsStep(...args)),
  };
}

const sourceOf = ({ server }: ExecutorHarness, chain: string) =>
  HEAD + chain.replaceAll("$server", server.origin);

async function draft(
  executor: ExecutorHarness,
  chain: string,
): Promise<WorkflowId> {
  const { workflowId } = await executor.client.mutation(api.workflows.create, {
    organizationId: executor.organizationId,
    name: "Draft",
    source: sourceOf(executor, chain),
  });
  return workflowId;
}

async function start(
  { client }: ExecutorHarness,
  workflowId: WorkflowId,
  { input = {}, pins = [] }: Options = {},
) {
  return await client.mutation(api.testRuns.start, {
    workflowId,
    input: JSON.stringify(input),
    pins: pins.map(({ pattern, json }) => ({
      pattern,
      value: { kind: "json" as const, json },
    })),
  });
}

async function startStep(
  { client }: ExecutorHarness,
  workflowId: WorkflowId,
  path: string,
  { input = {}, steps = {}, items = {} }: Scope = {},
) {
  return await client.mutation(api.testRuns.startStep, {
    workflowId,
    path,
    input: JSON.stringify(input),
    steps: JSON.stringify(steps),
    items: JSON.stringify(items),
  });
}

type Outcome = Awaited<ReturnType<typeof start | typeof startStep>>;

function idOf(outcome: Outcome): Id<"workflowRuns"> {
  if (outcome.kind === "refused") throw new Error("refused");
  return outcome.runId;
}
