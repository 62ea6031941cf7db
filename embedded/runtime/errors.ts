/** Failures of function executions, and the texts clients see. */
import type { JSONValue } from "convex/values";

/**
 * The developer's function failed. `text` is complete (`Uncaught Error: x` or a host-made text) without the frames.
 */
export class FunctionError extends Error {
  readonly text: string;
  readonly frames: string[];
  readonly data: JSONValue | undefined;

  constructor(
    text: string,
    options: { frames?: string[]; data?: JSONValue } = {},
  ) {
    const frames = options.frames ?? [];
    super([text, ...frames].join("\n"));
    this.name = "FunctionError";
    this.text = text;
    this.frames = frames;
    this.data = options.data;
  }
}

/** The function was stopped: it used up its own time, or shared its time with functions it called. */
export class TimedOut extends FunctionError {
  /** The process was hardly given that time: others had the processor. */
  readonly isStarved: boolean;

  constructor(limitMs: number, isStarved = false) {
    super(timeoutText(limitMs));
    this.isStarved = isStarved;
  }
}

/**
 * A handler has ended well, but a promise was rejected on the way: it is to be executed again by somebody who follows each
 * promise and can tell whether that was handled.
 */
export class UnclearEnd extends Error {}

/** `[Request ID: …] Server Error\nUncaught Error: …\n    at …\n`: the caller's whole text. */
export function clientErrorText(requestId: string, message: string): string {
  return `[Request ID: ${requestId}] Server Error\n${message}\n`;
}

export const NEVER_RESOLVES = "Returned promise will never resolve";

export function timeoutText(limitMs: number): string {
  return `Function execution timed out (maximum duration: ${limitMs / 1000}s)`;
}

export function outOfMemoryText(megabytes: number): string {
  return `JavaScript execution ran out of memory (maximum memory usage: ${megabytes} MB)`;
}
