import { z } from "zod";
import { BackendError } from "../database/backend-error";

/** Parses a request body; what does not fit is the caller's mistake (400). */
export function parseBody<T extends z.ZodType>(
  schema: T,
  body: unknown,
): z.output<T> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new BackendError(
    "BadJsonBody",
    `The request body is not valid: ${z.prettifyError(parsed.error)}`,
  );
}
