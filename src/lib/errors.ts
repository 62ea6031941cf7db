import { ConvexError } from "convex/values";

/** What a function threw on purpose: a code, one sentence, and the position or field it belongs to. */
export type UserError = {
  code: string;
  message: string;
  field: string | null;
};

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

/** The error as the backend meant it for the user, or null when it was not meant for the user. */
export function findUserError(error: unknown): UserError | null {
  if (!(error instanceof ConvexError)) return null;
  const data: unknown = error.data;
  if (typeof data === "string")
    return { code: "error", message: data, field: null };
  if (typeof data !== "object" || data === null) return null;
  const { code, message, field } = data as Record<string, unknown>;
  const sentence = text(message);
  if (sentence === null) return null;
  return { code: text(code) ?? "error", message: sentence, field: text(field) };
}

/** One sentence for the user: the backend's own, else `fallback`. */
export function errorMessage(error: unknown, fallback: string): string {
  return findUserError(error)?.message ?? fallback;
}
