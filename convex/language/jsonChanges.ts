/** Where two JSON values differ, leaf by leaf. */

/** `path` is `retry.maxAttempts`; values are JSON text, null where there is none. */
export type JsonChange = {
  path: string;
  before: string | null;
  after: string | null;
};

/** Lists are compared as wholes. The order of keys means nothing. */
export function jsonChanges(before: unknown, after: unknown): JsonChange[] {
  const [was, now] = [leavesOf(before), leavesOf(after)];
  const paths = new Set([...was.keys(), ...now.keys()]);
  return [...paths].flatMap((path) => {
    const change = {
      before: was.get(path) ?? null,
      after: now.get(path) ?? null,
    };
    return change.before === change.after ? [] : [{ path, ...change }];
  });
}

function leavesOf(value: unknown): Map<string, string> {
  const leaves = new Map<string, string>();
  const visit = (at: string, inner: unknown) => {
    if (inner === undefined) return;
    if (!isObject(inner) || Object.keys(inner).length === 0)
      return void leaves.set(at, stableText(inner));
    for (const [key, field] of Object.entries(inner))
      visit(at === "" ? key : `${at}.${key}`, field);
  };
  visit("", value);
  return leaves;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** JSON text with sorted keys. */
export function stableText(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    isObject(inner)
      ? Object.fromEntries(
          Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)),
        )
      : inner,
  );
}
