/** Timers of actions. Their callbacks run one by one; what they throw fails the action. */
import { describeThrown } from "./describe-thrown";
import { guardedMethods } from "./host-connection";
import type { HostNetwork } from "./realm-host";

type Callback = (...args: unknown[]) => void;

export function actionTimers(given: HostNetwork) {
  const network = guardedMethods(given);
  const start = (
    callback: Callback,
    delay: unknown,
    repeats: boolean,
    args: unknown[],
  ): number => {
    if (typeof callback !== "function")
      throw new TypeError("The callback of a timer must be a function");
    const run = () => {
      try {
        callback(...args);
      } catch (error) {
        network.escaped(describeThrown(error));
      }
    };
    return network.startTimer(run, Number(delay ?? 0), repeats);
  };
  const stop = (timer: unknown) => network.stopTimer(Number(timer));
  return {
    setTimeout: (callback: Callback, delay?: unknown, ...args: unknown[]) =>
      start(callback, delay, false, args),
    setInterval: (callback: Callback, delay?: unknown, ...args: unknown[]) =>
      start(callback, delay, true, args),
    setImmediate: (callback: Callback, ...args: unknown[]) =>
      start(callback, 0, false, args),
    clearTimeout: stop,
    clearInterval: stop,
    clearImmediate: stop,
  };
}
