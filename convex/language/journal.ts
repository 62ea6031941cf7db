import type { LogLevel, LogLine } from "./evaluation";

const MAX_LOG_LINES = 1_000;
const MAX_LOG_CHARS = 64 * 1024;

const LEVELS: readonly string[] = ["debug", "info", "warn", "error"];
const isLevel = (text: string): text is LogLevel => LEVELS.includes(text);

/** What user code logged, up to the limits. */
export class Journal {
  #lines: LogLine[] = [];
  #chars = 0;

  /** Whoever took it keeps it: `begin` starts another list. */
  get lines(): LogLine[] {
    return this.#lines;
  }

  begin(): void {
    this.#lines = [];
    this.#chars = 0;
  }

  /** The line as it was kept; null when there is no more room. */
  add(level: string, message: string): LogLine | null {
    const room = MAX_LOG_CHARS - this.#chars;
    if (this.#lines.length >= MAX_LOG_LINES || room <= 0) return null;
    const line: LogLine = {
      level: isLevel(level) ? level : "info",
      message: message.slice(0, room),
    };
    this.#chars += line.message.length;
    this.#lines.push(line);
    return line;
  }
}
