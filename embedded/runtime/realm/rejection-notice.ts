/**
 * Tells at once, and at no cost while there are none, that promises are rejected which nobody handles yet. Node notes such a
 * promise for its report and asks `process.domain`, null unless the old module `domain` is in use, whom to tell: that
 * question is the notice, and the answer keeps promises of realms out of the process's own report. Whether this Node
 * asks, and tells whom it was answered, is tried out when the process starts; until that is known, and where it is not
 * so, nobody relies on it.
 */
import type { RejectionWatch } from "./unhandled-rejections";

type Domain = { emit(): boolean };

let noticed = 0;
let isCollecting = false;
let isKnownToWork = false;

const realms: Domain = { emit: () => true };
const probe: Domain = {
  emit: () => {
    isKnownToWork = true;
    return true;
  },
};
let isProbing = false;

function currentDomain(): Domain | null {
  if (isProbing) return probe;
  if (!isCollecting) return null;
  noticed += 1;
  return realms;
}

export function isNoticing(): boolean {
  return (
    isKnownToWork &&
    Object.getOwnPropertyDescriptor(process, "domain")?.get === currentDomain
  );
}

/** Knows that there was one, not whether it was handled in the end: whoever needs that executes once more. */
export class NoticedRejections implements RejectionWatch {
  readonly #before = noticed;

  get isUnclear(): boolean {
    return noticed !== this.#before;
  }

  collect(work: () => void): void {
    const outer = isCollecting;
    isCollecting = true;
    try {
      work();
    } finally {
      isCollecting = outer;
    }
  }

  suspended<T>(work: () => T): T {
    return work();
  }

  stop(): void {
    isCollecting = false;
  }

  ignore(): void {
    return;
  }

  first(): null {
    return null;
  }
}

function tryOut(): void {
  const other = Object.getOwnPropertyDescriptor(process, "domain");
  if (other?.configurable === false || other?.value) return;
  Object.defineProperty(process, "domain", {
    configurable: true,
    enumerable: true,
    get: currentDomain,
  });
  isProbing = true;
  const rejected = Promise.reject(new Error("to see who is told"));
  isProbing = false;
  const told = (reason: unknown, promise: unknown): void => {
    if (promise !== rejected) throw reason;
  };
  process.on("unhandledRejection", told);
  setImmediate(() => process.off("unhandledRejection", told));
}

tryOut();
