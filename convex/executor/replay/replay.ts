/** Starts a new run from an earlier one: whole, or from one of its steps. */
import type { Doc } from "../../_generated/dataModel";
import { must, userError } from "../../errors";
import type { MutationCtx, QueryCtx } from "../../functions";
import {
  definitionPath,
  findNode,
  type Graph,
  isForFailure,
  ON_FAILURE,
} from "../../language/graph";
import { graphOf } from "../../model/keptVersions";
import { readPayload } from "../../model/payloads";
import { checkedInput, requireStartable } from "../../model/runs";
import type { ReplayVersion } from "../../validators/replays";
import {
  besideTheWay,
  containersAround,
  differenceBefore,
  firstStepIn,
} from "./replayPath";
import { stepAt } from "../../model/stepReads";
import { startedOf, startRun } from "../runs/startRun";
import { isStepEnded } from "../flow/transitions";

export type Replay = {
  version: ReplayVersion;
  /** JSON text; else the input of the run. */
  input?: string;
  /** Key of a step of the run: those before it are reused. */
  fromStep?: string;
  /** Who wants it. */
  by: string;
};

export async function replayRun(
  ctx: MutationCtx,
  run: Doc<"workflowRuns">,
  { input, by, ...wanted }: Replay,
) {
  const { workflow, version, start } = await checkedReplay(ctx, run, wanted);
  return startedOf(
    await startRun(ctx, {
      workflow,
      version,
      input: checkedInput(version, input ?? (await inputOf(ctx, run))),
      startedBy: { kind: "replay", label: by },
      replayOf: {
        runId: run._id,
        number: run.number,
        ...(input === undefined ? {} : { isEdited: true as const }),
      },
      secretNames: run.secretNames,
      onRefusal: "throw",
      ...(start === undefined ? {} : { fromStep: start }),
    }),
  );
}

/** What the new run is of, and the step it begins at; throws when it cannot be, and says why. */
export async function checkedReplay(
  ctx: QueryCtx,
  run: Doc<"workflowRuns">,
  { version: wanted, fromStep: key }: Pick<Replay, "version" | "fromStep">,
) {
  const workflow = await workflowOf(ctx, run);
  requireWhole(run);
  const version = await versionFor(ctx, run, { wanted, workflow });
  const start =
    key === undefined
      ? undefined
      : await checkedStart(ctx, run, { key, version });
  return { workflow, version, start };
}

async function workflowOf(
  ctx: QueryCtx,
  run: Doc<"workflowRuns">,
): Promise<Doc<"workflows">> {
  const workflow = await ctx.db.get("workflows", run.workflowId);
  if (workflow !== null) return workflow;
  throw userError(
    "workflow_removed",
    `The workflow "${run.workflowName}" was deleted, so its runs cannot be replayed.`,
  );
}

/** A replay of what pretended some outputs (`pins.ts`), or ran one step alone, would do what the test did not. */
function requireWhole({ hasPins, onlyStep }: Doc<"workflowRuns">): void {
  if (hasPins !== true && onlyStep === undefined) return;
  throw userError(
    "conflict",
    "This was a test with pinned outputs or of one step; start the test again from the editor.",
  );
}

/** The version that ran stays there for its runs, whatever has become of the workflow; the current one takes runs or not. */
async function versionFor(
  ctx: QueryCtx,
  run: Doc<"workflowRuns">,
  { wanted, workflow }: { wanted: ReplayVersion; workflow: Doc<"workflows"> },
): Promise<Doc<"workflowVersions">> {
  return wanted === "current"
    ? await requireStartable(ctx, workflow)
    : await originalOf(ctx, run);
}

async function originalOf(
  ctx: QueryCtx,
  run: Doc<"workflowRuns">,
): Promise<Doc<"workflowVersions">> {
  const original = await ctx.db.get("workflowVersions", run.versionId);
  return must(original, `version ${run.versionId}`);
}

async function inputOf(
  ctx: MutationCtx,
  run: Doc<"workflowRuns">,
): Promise<string> {
  const payload = must(run.input, `input of run ${run._id}`);
  return await readPayload(ctx, payload);
}

/** The key of the step at which a new run on `version` can begin. */
async function checkedStart(
  ctx: QueryCtx,
  run: Doc<"workflowRuns">,
  { key, version }: { key: string; version: Doc<"workflowVersions"> },
): Promise<string> {
  const original = await originalOf(ctx, run);
  const was = graphOf(original);
  if (findNode(was, key) === null)
    throw userError("not_found", `Run #${run.number} has no step "${key}".`, {
      field: "fromStep",
    });
  if (isForFailure(was, key))
    throw userError(
      "invalid_argument",
      `Steps of ${ON_FAILURE} run when a run fails; replay it from the step that failed.`,
      { field: "fromStep" },
    );
  const start = firstStepIn(was, key);
  await requireReached(ctx, run, { graph: was, key: start });
  if (version._id !== original._id)
    requireSameBefore({ was: original, is: version }, start);
  return start;
}

async function requireReached(
  ctx: QueryCtx,
  run: Doc<"workflowRuns">,
  { graph, key }: { graph: Graph; key: string },
): Promise<void> {
  const around = [...containersAround(key), key];
  for (const at of around)
    if ((await stepAt(ctx, run._id, at)) === null) throw notReached(run, key);
  for (const beside of besideTheWay(graph, key)) {
    if (beside.kind !== "steps") continue;
    for (const before of beside.keys) {
      const row = await stepAt(ctx, run._id, before);
      if (row === null || !isStepEnded(row.state)) throw notReached(run, key);
    }
  }
}

function notReached(run: Doc<"workflowRuns">, key: string) {
  return userError(
    "not_reached",
    `Run #${run.number} did not come to the step "${key}", so there is nothing before it to reuse.`,
    { field: "fromStep" },
  );
}

function requireSameBefore(
  { was, is }: Record<"was" | "is", Doc<"workflowVersions">>,
  key: string,
): void {
  const graphs = { was: graphOf(was), is: graphOf(is) };
  const found = differenceBefore(graphs, key);
  if (found === null) return;
  throw userError(
    "incompatible_version",
    `Version ${is.number} cannot go on from "${definitionPath(key)}" where version ${was.number} was: the step "${found.path}" ${found.what}.`,
    { field: found.path },
  );
}
