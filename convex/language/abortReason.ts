/** Whether an `AbortSignal` gave up waiting. Not by `instanceof`: the reason may come from outside the runtime's realm. */
export function isTimeout(reason: unknown): boolean {
  return (
    typeof reason === "object" &&
    reason !== null &&
    "name" in reason &&
    reason.name === "TimeoutError"
  );
}
