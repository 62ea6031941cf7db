/** What a test of one step needs: checked when a person gives it, and read from a run that happened. */
import { userError } from "../../errors";
import type { Json } from "../../language/evaluation";
import {
  findNode,
  type Graph,
  isForFailure,
  ON_FAILURE,
  type StepKind,
  type StepNode,
} from "../../language/graph";
import { MAX_PAYLOAD_BYTES, utf8Bytes } from "../../model/payloads";
import { patternOf } from "./pins";
import type { StepTest } from "./testRuns";
import { loopsAround, visibleSteps } from "../flow/transitions";

/** Those that do something by themselves. */
const TESTABLE = new Set<StepKind>(["code", "http", "action"]);

/** A step for a failure has nothing to go by without one. */
export function isTestable(graph: Graph, { kind, path }: StepNode): boolean {
  return TESTABLE.has(kind) && !isForFailure(graph, path);
}

/** JSON texts, as people type them. */
export type GivenScope = { steps: string; items: string };

export function checkedStepTest(
  graph: Graph,
  path: string,
  given: GivenScope,
): StepTest {
  const node = findNode(graph, path);
  if (node === null) throw invalid("path", `The draft has no step "${path}".`);
  if (!isTestable(graph, node)) throw invalid("path", untestable(node));
  const key = firstKey(graph, node.path);
  const names = [...visibleSteps(graph, key, null).keys()];
  const loops = loopsAround(key).map(({ name }) => name);
  return {
    key,
    steps: knownOnly("steps", parsedObject("steps", given.steps), names),
    items: knownOnly("items", parsedObject("items", given.items), loops),
  };
}

function untestable({ kind, path }: StepNode): string {
  return TESTABLE.has(kind)
    ? `Steps of ${ON_FAILURE} are tested with a run that fails: "${path}" cannot be tested alone.`
    : `A ${kind} step cannot be tested alone.`;
}

/** The key in the first iteration of each loop around it. */
export function firstKey(graph: Graph, path: string): string {
  return patternOf(graph, path).replaceAll("[]", "[0]");
}

function knownOnly(
  field: string,
  values: Record<string, Json>,
  names: readonly string[],
): Record<string, Json> {
  const unknown = Object.keys(values).find((name) => !names.includes(name));
  if (unknown === undefined) return values;
  const what = field === "steps" ? "step before this one" : "loop around it";
  throw invalid(field, `There is no ${what} called "${unknown}".`);
}

function parsedObject(field: string, text: string): Record<string, Json> {
  const value = parsedJson(field, text);
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value;
  throw invalid(
    field,
    "This must be a JSON object with a value for each name.",
  );
}

export function parsedJson(field: string, text: string): Json {
  if (utf8Bytes(text) > MAX_PAYLOAD_BYTES)
    throw userError("payload_too_large", "The value is larger than 16 MiB.", {
      field,
    });
  try {
    // Whatever JSON.parse gives is JSON.
    return JSON.parse(text) as Json;
  } catch {
    throw invalid(field, "This is not JSON.");
  }
}

function invalid(field: string, message: string) {
  return userError("invalid_argument", message, { field });
}
