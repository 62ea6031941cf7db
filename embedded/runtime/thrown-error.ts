/** A description of something thrown in a realm → the error that clients see. */
import type { JSONValue } from "convex/values";
import { FunctionError } from "./errors";
import type { CompiledModule } from "./modules/compiled-module";
import { authorFrames } from "./modules/stack-frames";
import type { ThrownDescription } from "./realm/realm-host";

export function thrownError(
  thrown: ThrownDescription,
  moduleOf: (filename: string) => CompiledModule | undefined,
): FunctionError {
  const frames = authorFrames(thrown.stack, moduleOf);
  const data =
    thrown.data === undefined
      ? undefined
      : (JSON.parse(thrown.data) as JSONValue);
  const text = uncaughtText(thrown, data);
  return new FunctionError(
    text,
    data === undefined ? { frames } : { frames, data },
  );
}

/** For ConvexErrors the message is the data, as the developer threw it. */
function uncaughtText(
  thrown: ThrownDescription,
  data: JSONValue | undefined,
): string {
  if (data === undefined) return `Uncaught ${thrown.text}`;
  return `Uncaught ConvexError: ${typeof data === "string" ? data : JSON.stringify(data)}`;
}
