/**
 * The one clock of the page: everything that counts or grows listens to it. It ticks once a second,
 * stands still while the tab is hidden, and while the connection is lost nothing pretends to go on.
 */
type Listener = (now: number) => void;

const TICK_MS = 1_000;

const listeners = new Set<Listener>();
let timer: ReturnType<typeof setTimeout> | undefined;
let now = 0;
let frozen = false;

/** The time of the last tick, or of this moment when nobody listens. */
export function clockNow(): number {
  if (timer === undefined && !frozen) now = Date.now();
  return now;
}

/** This very moment, or the one at which the clock was frozen: for what moves between ticks. */
export function exactNow(): number {
  return frozen ? now : Date.now();
}

/** Calls `listener` at every tick until the returned function is called. */
export function subscribeClock(listener: Listener): () => void {
  listeners.add(listener);
  start();
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) stop();
  };
}

/** Stops the clock where it is, or lets it go on from the present. */
export function freezeClock(value: boolean): void {
  if (value === frozen) return;
  if (value) now = Date.now();
  frozen = value;
  if (frozen) stop();
  else start();
}

function start(): void {
  if (timer !== undefined || frozen || listeners.size === 0) return;
  if (typeof document === "undefined" || document.hidden) return;
  tick();
}

function stop(): void {
  clearTimeout(timer);
  timer = undefined;
}

function tick(): void {
  now = Date.now();
  timer = setTimeout(tick, TICK_MS - (now % TICK_MS));
  for (const listener of listeners) listener(now);
}

if (typeof document !== "undefined")
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) stop();
    else start();
  });
