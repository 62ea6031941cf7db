/**
 * A failure with Convex's code and text. `status` is the HTTP status of the category. `data` is set when it must reach
 * user code and clients as a ConvexError (encoded JSON), as for `InvalidCursor`.
 */
import type { JSONValue } from "convex/values";

export class BackendError extends Error {
  readonly code: string;
  readonly status: number;
  readonly data: JSONValue | undefined;

  constructor(
    code: string,
    message: string,
    options: { status?: number; data?: JSONValue } = {},
  ) {
    super(message);
    this.name = "BackendError";
    this.code = code;
    this.status = options.status ?? 400;
    this.data = options.data;
  }
}
