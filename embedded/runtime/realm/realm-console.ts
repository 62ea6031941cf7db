/** `console` inside a realm: every argument rendered by `object-inspect`, then handed to the host. */
import inspect from "object-inspect";
import type { RealmHost } from "./realm-host";

export function installConsole(
  host: Pick<RealmHost, "log" | "elapsedMs">,
): void {
  const timers = new Map<string, number>();
  const counts = new Map<string, number>();
  const write =
    (level: string) =>
    (...args: unknown[]) =>
      host.log(level, args.map(render));
  const elapsed = (label: string) =>
    `${label}: ${host.elapsedMs() - (timers.get(label) ?? host.elapsedMs())}ms`;
  const methods = {
    debug: write("DEBUG"),
    log: write("LOG"),
    info: write("INFO"),
    warn: write("WARN"),
    error: write("ERROR"),
    trace: (...args: unknown[]) =>
      host.log("LOG", ["Trace:", ...args.map(render), new Error().stack ?? ""]),
    dir: write("LOG"),
    table: write("LOG"),
    group: write("LOG"),
    groupEnd: () => undefined,
    assert: (condition: unknown, ...args: unknown[]) => {
      if (!condition)
        host.log("ERROR", ["Assertion failed", ...args.map(render)]);
    },
    count: (label = "default") => {
      counts.set(label, (counts.get(label) ?? 0) + 1);
      host.log("LOG", [`${label}: ${counts.get(label)}`]);
    },
    time: (label = "default") => void timers.set(label, host.elapsedMs()),
    timeLog: (label = "default", ...args: unknown[]) =>
      host.log("INFO", [elapsed(label), ...args.map(render)]),
    timeEnd: (label = "default") => {
      host.log("INFO", [elapsed(label)]);
      timers.delete(label);
    },
  };
  Object.defineProperty(globalThis, "console", {
    value: methods,
    writable: true,
    configurable: true,
  });
}

function render(value: unknown): string {
  try {
    return inspect(value, { indent: 2, customInspect: true });
  } catch {
    return "[uninspectable value]";
  }
}
