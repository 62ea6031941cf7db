/**
 * What the server process says about itself: one line per event, on stderr, as JSON or for people to read. Everything
 * else in embedded/ speaks through here. Fields are written as they are given: no keys, tokens or documents among them.
 */
export type LogFormat = "json" | "text";
type Level = "info" | "warn" | "error";
export type LogFields = { readonly [name: string]: string | number | boolean };

export class ServerLog {
  readonly #write: (line: string) => void;
  readonly #now: () => number;
  #format: LogFormat;

  constructor(options: {
    write: (line: string) => void;
    now: () => number;
    format: LogFormat;
  }) {
    this.#write = options.write;
    this.#now = options.now;
    this.#format = options.format;
  }

  set format(format: LogFormat) {
    this.#format = format;
  }

  info(message: string, fields: LogFields = {}): void {
    this.#log("info", message, fields);
  }

  warn(message: string, fields: LogFields = {}): void {
    this.#log("warn", message, fields);
  }

  /** For what nobody expected; `error` is written with its stack and causes. */
  error(message: string, error: unknown, fields: LogFields = {}): void {
    this.#log("error", message, { ...fields, error: describeError(error) });
  }

  #log(level: Level, message: string, fields: LogFields): void {
    const time = new Date(this.#now()).toISOString();
    const line =
      this.#format === "json"
        ? JSON.stringify({ time, level, message, ...fields })
        : textLine({ time, level, message, fields });
    this.#write(`${line}\n`);
  }
}

function textLine(entry: {
  time: string;
  level: Level;
  message: string;
  fields: LogFields;
}): string {
  const { error, ...rest } = entry.fields;
  const pairs = Object.entries(rest).map(
    ([name, value]) => ` ${name}=${JSON.stringify(value)}`,
  );
  const level = entry.level === "info" ? "" : `${entry.level}: `;
  const stack = error === undefined ? "" : `\n  ${indented(String(error))}`;
  return `${entry.time} ${level}${entry.message}${pairs.join("")}${stack}`;
}

function indented(text: string): string {
  return text.replaceAll("\n", "\n  ");
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined
    ? own
    : `${own}\ncaused by ${describeError(error.cause)}`;
}

/** Of this process. */
export const serverLog = new ServerLog({
  write: (line) => process.stderr.write(line),
  now: () => Date.now(),
  format: process.stderr.isTTY ? "text" : "json",
});
