import { useSyncExternalStore } from "react";
import type { StepSnapshot, StepStore } from "./step-store";

export function useSteps(store: StepStore): StepSnapshot {
  return useSyncExternalStore(
    store.subscribe,
    store.getSnapshot,
    store.getSnapshot,
  );
}
