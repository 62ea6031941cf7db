import type { LogLevel, LogLine } from "./evaluation";

export type JournalLimits = { lines: number; chars: number };
const PURE_LIMITS: JournalLimits = { lines: 1_000, chars: 64 * 1024 };

const LEVELS: readonly string[] = ["debug", "info", "warn", "error"];
const isLevel = (text: string): text is LogLevel => LEVELS.includes(text);

/** What user code logged, up to the limits. */
export class Journal {
  readonly #limits: JournalLimits;
  #lines: LogLine[] = [];
  #chars = 0;

  constructor(limits: JournalLimits = PURE_LIMITS) {
    this.#limits = limits;
  }

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
    const { lines, chars } = this.#limits;
    const room = chars - this.#chars;
    if (this.#lines.length >= lines || room <= 0) return null;
    const line: LogLine = {
      level: isLevel(level) ? level : "info",
      message: message.slice(0, room),
    };
    this.#chars += line.message.length;
    this.#lines.push(line);
    return line;
  }
}
