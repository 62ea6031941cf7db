import type { HttpStep, JsonSchema, StepNode } from "../language/graph";
import type { Begun, StepContext } from "./stepBegin";

const DEFAULT_TIMEOUT_MS = 60_000;

/** The request is made in the turn, so that every attempt sends the same one; a worker sends it. */
export async function beginHttp(step: StepContext<HttpStep>): Promise<Begun> {
  const result = await step.evaluate("request");
  if (result.kind === "failed") return result;
  return {
    kind: "effect",
    effect: "http",
    request: result.value,
    timeoutMs: step.node.timeoutMs ?? DEFAULT_TIMEOUT_MS,
  };
}

/** What a worker has to know of the step besides its request. */
export type HttpOptions = {
  responseSchema: JsonSchema | null;
  retryOn: number[] | null;
};

/** As text for the task's row: JSON Schema has fields that documents may not have. Null for other kinds. */
export function httpOptionsOf(node: StepNode): string | null {
  if (node.kind !== "http") return null;
  const { responseSchema, retryOn } = node;
  return JSON.stringify({ responseSchema, retryOn } satisfies HttpOptions);
}

export function parseHttpOptions(text: string | null): HttpOptions {
  // `httpOptionsOf` wrote it.
  return text === null
    ? { responseSchema: null, retryOn: null }
    : (JSON.parse(text) as HttpOptions);
}
