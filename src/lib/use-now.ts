import { useSyncExternalStore } from "react";

const TICK_MS = 10_000;
let now = 0;

function subscribe(notify: () => void): () => void {
  const timer = setInterval(() => {
    now = Date.now();
    notify();
  }, TICK_MS);
  return () => clearInterval(timer);
}

function current(): number {
  if (now === 0 || Date.now() - now > TICK_MS) now = Date.now();
  return now;
}

/** The time for relative texts such as "3 min ago"; it moves every ten seconds. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, current, () => 0);
}
