import { userError } from "../errors";

/** Trimmed, 1 to 100 characters. */
export function checkedName(name: string, what: string): string {
  const trimmed = name.trim();
  if (trimmed.length > 0 && trimmed.length <= 100) return trimmed;
  throw userError(
    "invalid_argument",
    `Give the ${what} a name of 1 to 100 characters.`,
    {
      field: "name",
    },
  );
}
