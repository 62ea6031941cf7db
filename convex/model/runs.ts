/** What must hold before a run starts, and what screens see of one. */
import type { Doc } from "../_generated/dataModel";
import { userError } from "../errors";
import type { QueryCtx } from "../functions";
import type { Json } from "../language/evaluation";
import { validateJson } from "../language/jsonSchema";
import type { RunSummary } from "../validators/runs";
import { inputSchemaOf, versionOf } from "./keptVersions";
import { MAX_PAYLOAD_BYTES, utf8Bytes } from "./payloads";

/** A run as turns have it: the transaction that inserts its row does not read when that was. */
export type RunFields = Omit<Doc<"workflowRuns">, "_creationTime"> &
  Partial<Pick<Doc<"workflowRuns">, "_creationTime">>;

export function toRunSummary(run: Doc<"workflowRuns">): RunSummary {
  return {
    _id: run._id,
    number: run.number,
    workflowId: run.workflowId,
    workflowName: run.workflowName,
    workflowSlug: run.workflowSlug,
    versionId: run.versionId,
    versionNumber: run.versionNumber,
    state: run.state,
    startedBy: run.startedBy,
    createdAt: run.createdAt,
    startedAt: run.startedAt,
    endedAt: run.endedAt,
    replayOf: run.replayOf,
    ...(run.isTest === undefined ? {} : { isTest: run.isTest }),
    ...(run.onlyStep === undefined ? {} : { onlyStep: run.onlyStep }),
    ...(run.failing === undefined ? {} : { failing: run.failing }),
    ...(run.parent === undefined ? {} : { parent: run.parent }),
  };
}

/** The published version of a workflow that takes new runs. */
export async function requireStartable(
  ctx: QueryCtx,
  workflow: Doc<"workflows">,
): Promise<Doc<"workflowVersions">> {
  if (workflow.publishedVersion === null)
    throw userError(
      "not_published",
      "Publish the workflow before you start it.",
    );
  if (workflow.status === "paused" && !workflow.pause?.holds)
    throw userError("paused", "The workflow is paused; resume it first.");
  if (workflow.status === "archived")
    throw userError("paused", "The workflow is archived; restore it first.");
  return await versionOf(ctx, workflow.publishedVersion._id);
}

/** The input with defaults filled in; throws `invalid_input` with the path of the first thing that is wrong. */
export function checkedInput(
  version: Doc<"workflowVersions">,
  text: string,
): Json {
  const value = parsedInput(text);
  const schema = inputSchemaOf(version);
  if (schema === null) return value;
  const result = validateJson(schema, value, "input");
  if (result.ok) return result.value;
  const issue = result.issues[0];
  throw userError(
    "invalid_input",
    issue?.message ?? "The input does not match the workflow's schema.",
    { field: issue?.path ?? "input" },
  );
}

function parsedInput(text: string): Json {
  if (utf8Bytes(text) > MAX_PAYLOAD_BYTES)
    throw userError("payload_too_large", "The input is larger than 16 MiB.");
  try {
    // Whatever JSON.parse gives is JSON.
    return JSON.parse(text) as Json;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw userError("invalid_input", `The input is not JSON: ${reason}.`, {
      field: "input",
    });
  }
}
