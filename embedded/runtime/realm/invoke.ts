/** Calls one exported function and reports how it ended. Runs where the function lives, inside realms and in workers. */
import { describeThrown } from "./describe-thrown";
import type { Settled } from "./realm-host";

export function invoke(
  target: unknown,
  method: string,
  args: unknown[],
  done: (settled: Settled) => void,
): void {
  const run = async () =>
    (target as { [method: string]: (...args: unknown[]) => unknown })[method]?.(
      ...args,
    );
  void run().then(
    (value) => done({ ok: true, value }),
    (reason: unknown) => done({ ok: false, thrown: describeThrown(reason) }),
  );
}
