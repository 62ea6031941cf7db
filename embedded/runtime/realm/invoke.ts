/**
 * Calls one exported function and reports how it ended. Runs where the function lives, inside realms and in workers.
 * Returns a promise that is never rejected and that nobody need handle.
 */
import { describeThrown } from "./describe-thrown";
import type { Settled } from "./realm-host";

export function invoke(
  target: unknown,
  method: string,
  args: unknown[],
  done: (settled: Settled) => void,
): Promise<void> {
  const run = async () =>
    (target as { [method: string]: (...args: unknown[]) => unknown })[method]?.(
      ...args,
    );
  return run().then(
    (value) => done({ ok: true, value: `${value as string}` }),
    (reason: unknown) => done({ ok: false, thrown: describeThrown(reason) }),
  );
}
