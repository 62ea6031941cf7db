/** Tests of a draft: whole runs, with pinned outputs or without, and runs of one step alone. */
import { v, type Infer } from "convex/values";
import type { Doc } from "./_generated/dataModel";
import { notFound, userError } from "./errors";
import {
  checkPatterns,
  isPinnable,
  patternOf,
  type Pin,
} from "./executor/testRuns/pins";
import { stepAt } from "./model/stepReads";
import { startTest } from "./executor/testRuns/startTest";
import { scopeIn } from "./executor/testRuns/stepScopes";
import {
  checkedStepTest,
  firstKey,
  isTestable,
  parsedJson,
} from "./executor/testRuns/stepTests";
import { mutation, type MutationCtx, query } from "./functions";
import {
  childBlocks,
  type Graph,
  type StepNode,
  topSteps,
} from "./language/graph";
import { requireWorkflow, visible } from "./model/access";
import { compileDraft } from "./model/drafts";
import { requireCapacity } from "./model/rateLimits";
import { checkedInput } from "./model/runs";
import { draftOf, rememberInput } from "./model/workflows";
import { vStepKind } from "./validators/steps";
import { vDiagnostic } from "./validators/workflows";

const vOutcome = v.union(
  v.object({
    kind: v.literal("started"),
    runId: v.id("workflowRuns"),
    number: v.number(),
  }),
  v.object({
    kind: v.literal("refused"),
    diagnostics: v.array(vDiagnostic),
  }),
);

const vPin = v.object({
  /** The key of a step, or with `[]` for each index: `notify[]/mail`. */
  pattern: v.string(),
  value: v.union(
    v.object({ kind: v.literal("json"), json: v.string() }),
    /** What this step had as output in another run of the workflow. */
    v.object({
      kind: v.literal("run"),
      runId: v.id("workflowRuns"),
      key: v.string(),
    }),
  ),
});

/** Runs the draft as it is saved. `input` is JSON text; it is remembered for the next time. */
export const start = mutation({
  args: {
    workflowId: v.id("workflows"),
    input: v.string(),
    pins: v.optional(v.array(vPin)),
  },
  returns: vOutcome,
  handler: async (ctx, { workflowId, input, pins = [] }) => {
    const { workflow, access } = await requireWorkflow(ctx, workflowId, "edit");
    await requireCapacity(ctx, "startRun", workflow.organizationId);
    const values = await Promise.all(
      pins.map((pin, index) => pinFor(ctx, workflow, { pin, index })),
    );
    const outcome = await startTest(
      ctx,
      { workflow, by: access.name },
      (graph, version) => {
        checkPatterns(
          graph,
          pins.map(({ pattern }) => pattern),
        );
        const test = { pins: values, step: null };
        return { input: checkedInput(version, input), test };
      },
    );
    if (outcome.kind === "started") await rememberInput(ctx, workflow, input);
    return outcome;
  },
});

async function pinFor(
  ctx: MutationCtx,
  workflow: Doc<"workflows">,
  { pin, index }: { pin: Infer<typeof vPin>; index: number },
): Promise<Pin> {
  const { pattern, value } = pin;
  if (value.kind === "json") {
    parsedJson(`pins[${index}].value`, value.json);
    return { pattern, value };
  }
  const run = await ctx.db.get("workflowRuns", value.runId);
  if (run === null || run.workflowId !== workflow._id) throw notFound("run");
  const step = await stepAt(ctx, run._id, value.key);
  const ref = step?.state.kind === "completed" ? step.output : null;
  if (ref !== null) return { pattern, value: { kind: "stored", ref } };
  throw userError(
    "invalid_argument",
    `"${value.key}" has no output in run #${run.number}.`,
    { field: `pins[${index}].value` },
  );
}

/** Runs one step of the draft alone. All texts are JSON: the input, outputs of earlier steps and items of loops by name. */
export const startStep = mutation({
  args: {
    workflowId: v.id("workflows"),
    path: v.string(),
    input: v.string(),
    steps: v.string(),
    items: v.optional(v.string()),
  },
  returns: vOutcome,
  handler: async (ctx, { workflowId, path, input, steps, items = "{}" }) => {
    const { workflow, access } = await requireWorkflow(ctx, workflowId, "edit");
    await requireCapacity(ctx, "startRun", workflow.organizationId);
    return await startTest(ctx, { workflow, by: access.name }, (graph) => ({
      input: parsedJson("input", input),
      test: { pins: [], step: checkedStepTest(graph, path, { steps, items }) },
    }));
  },
});

const vPlannedStep = v.object({
  path: v.string(),
  pattern: v.string(),
  /** In the first iteration of the loops around it. */
  firstKey: v.string(),
  kind: vStepKind,
  label: v.string(),
  depth: v.number(),
  pinnable: v.boolean(),
  testable: v.boolean(),
});

/** The steps of the draft, to pin and to test; null when it does not compile or is not to be seen. */
export const plan = query({
  args: { workflowId: v.id("workflows") },
  returns: v.union(v.array(vPlannedStep), v.null()),
  handler: async (ctx, { workflowId }) => {
    const workflow = await ctx.db.get("workflows", workflowId);
    if ((await visible(ctx, workflow)) === null) return null;
    const { source } = await draftOf(ctx, workflowId);
    const { compiled } = await compileDraft(source);
    return compiled && plannedSteps(compiled.graph);
  },
});

function plannedSteps(graph: Graph): Infer<typeof vPlannedStep>[] {
  const inside = (node: StepNode, depth: number) => [
    {
      path: node.path,
      pattern: patternOf(graph, node.path),
      firstKey: firstKey(graph, node.path),
      kind: node.kind,
      label: node.label,
      depth,
      pinnable: isPinnable(node.kind),
      testable: isTestable(graph, node),
    },
    ...childBlocks(node)
      .flat()
      .flatMap((child): Infer<typeof vPlannedStep>[] =>
        inside(child, depth + 1),
      ),
  ];
  return topSteps(graph).flatMap((node) => inside(node, 0));
}

const vNamed = v.array(v.object({ name: v.string(), json: v.string() }));

/** The values a step had in a run, or would have had; null when there is no such run to be seen. */
export const stepScope = query({
  args: { runId: v.id("workflowRuns"), key: v.string() },
  returns: v.union(
    v.object({
      input: v.union(v.string(), v.null()),
      steps: vNamed,
      items: vNamed,
      omitted: v.array(v.string()),
    }),
    v.null(),
  ),
  handler: async (ctx, { runId, key }) => {
    const found = await visible(ctx, await ctx.db.get("workflowRuns", runId));
    if (found === null) return null;
    const run = found.row;
    const version = await ctx.db.get("workflowVersions", run.versionId);
    if (version === null) return null;
    // Written by the compiler when the version was made.
    const graph = JSON.parse(version.graph) as Graph;
    return await scopeIn(ctx, run, { graph, key });
  },
});
