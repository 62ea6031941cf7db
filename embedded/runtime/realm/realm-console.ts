/** `console`: every argument rendered by `object-inspect`, then handed on. */
import inspect from "object-inspect";

export interface ConsoleOutput {
  log(level: string, messages: string[]): void;
  elapsedMs(): number;
}

export function installConsole(output: ConsoleOutput): void {
  Object.defineProperty(globalThis, "console", {
    value: consoleOver(output),
    writable: true,
    configurable: true,
  });
}

function consoleOver(output: ConsoleOutput): object {
  const write =
    (level: string) =>
    (...args: unknown[]) =>
      output.log(level, args.map(render));
  return {
    debug: write("DEBUG"),
    log: write("LOG"),
    info: write("INFO"),
    warn: write("WARN"),
    error: write("ERROR"),
    trace: (...args: unknown[]) =>
      output.log("LOG", [
        "Trace:",
        ...args.map(render),
        new Error().stack ?? "",
      ]),
    dir: write("LOG"),
    table: write("LOG"),
    group: write("LOG"),
    groupEnd: () => undefined,
    assert: (condition: unknown, ...args: unknown[]) => {
      if (!condition)
        output.log("ERROR", ["Assertion failed", ...args.map(render)]);
    },
    ...counter(output),
    ...stopwatch(output),
  };
}

function counter(output: ConsoleOutput): object {
  const counts = new Map<string, number>();
  return {
    count: (label = "default") => {
      counts.set(label, (counts.get(label) ?? 0) + 1);
      output.log("LOG", [`${label}: ${counts.get(label)}`]);
    },
    countReset: (label = "default") => void counts.delete(label),
  };
}

function stopwatch(output: ConsoleOutput): object {
  const timers = new Map<string, number>();
  const elapsed = (label: string) =>
    `${label}: ${output.elapsedMs() - (timers.get(label) ?? output.elapsedMs())}ms`;
  return {
    time: (label = "default") => void timers.set(label, output.elapsedMs()),
    timeLog: (label = "default", ...args: unknown[]) =>
      output.log("INFO", [elapsed(label), ...args.map(render)]),
    timeEnd: (label = "default") => {
      output.log("INFO", [elapsed(label)]);
      timers.delete(label);
    },
  };
}

function render(value: unknown): string {
  try {
    return inspect(value, { indent: 2, customInspect: true });
  } catch {
    return "[uninspectable value]";
  }
}
