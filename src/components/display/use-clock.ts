import { useSyncExternalStore } from "react";
import { clockNow, subscribeClock } from "./clock";

/** What `read` makes of the time; renders only when that changes. */
export function useClock<Value extends string | number | boolean>(
  read: (now: number) => Value,
): Value {
  const current = () => read(clockNow());
  return useSyncExternalStore(subscribeClock, current, current);
}
