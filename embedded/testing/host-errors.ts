/** What functions throw, on its way to the function or the test that called them. */
import { jsonToConvex, type JSONValue } from "convex/values";
import { BackendError } from "../database/backend-error";
import { FunctionError } from "../runtime/errors";

type Serialized = Error & { ConvexErrorSymbol: symbol; data: string };

/** `convex/server` makes an error anew from these two; the text stays as it was thrown. */
export function errorForCaller(thrown: unknown): Error {
  const error = new Error(textOf(thrown), { cause: thrown });
  const data = dataOf(thrown);
  return data === undefined ? error : Object.assign(error, { data });
}

export function functionError(thrown: unknown): FunctionError {
  if (thrown instanceof FunctionError) return thrown;
  const data = dataOf(thrown);
  return new FunctionError(textOf(thrown), data === undefined ? {} : { data });
}

/** The very thing that was thrown; the data of a ConvexError is a value again. */
export function errorForTest(thrown: unknown): unknown {
  if (!isSerialized(thrown)) return thrown;
  const data = jsonToConvex(JSON.parse(thrown.data) as JSONValue);
  return Object.assign(thrown, { data });
}

function dataOf(thrown: unknown): JSONValue | undefined {
  if (isSerialized(thrown)) return JSON.parse(thrown.data) as JSONValue;
  const isOurs =
    thrown instanceof BackendError || thrown instanceof FunctionError;
  return isOurs ? thrown.data : undefined;
}

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** `convex/server` writes the data of a ConvexError as text when it leaves a function. */
function isSerialized(thrown: unknown): thrown is Serialized {
  return (
    thrown instanceof Error &&
    "ConvexErrorSymbol" in thrown &&
    "data" in thrown &&
    typeof thrown.data === "string"
  );
}
