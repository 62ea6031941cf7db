import { useCallback, useSyncExternalStore } from "react";

/** Too narrow for two panels: the inspector is a sheet over the steps. */
export const NARROW = "(width < 64rem)";
/** Too narrow for columns: bars are strips under the names, rows are taller. */
export const PHONE = "(width < 48rem)";

export function useMedia(query: string): boolean {
  const subscribe = useCallback(
    (notify: () => void) => {
      const media = window.matchMedia(query);
      media.addEventListener("change", notify);
      return () => media.removeEventListener("change", notify);
    },
    [query],
  );
  return useSyncExternalStore(
    subscribe,
    () => window.matchMedia(query).matches,
    () => false,
  );
}
