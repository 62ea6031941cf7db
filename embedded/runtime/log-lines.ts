/** Log lines of one function execution: collected, limited, and rendered for clients. */
import type { LogEntry } from "./types";

export type LogLine = LogEntry["lines"][number];

const TRUNCATED = " (truncated due to length)";

export interface LogLimits {
  logLines: number;
  logLineBytes: number;
}

/** Shared by a function and the functions it calls: their lines are one sequence under one limit. */
export class LogBuffer {
  readonly lines: LogLine[] = [];
  readonly #limits: LogLimits;
  readonly #nowMs: () => number;
  #overflowed = false;

  constructor(limits: LogLimits, nowMs: () => number) {
    this.#limits = limits;
    this.#nowMs = nowMs;
  }

  /** Returns the line when it was kept. */
  add(level: string, messages: readonly string[]): LogLine | null {
    if (this.#overflowed) return null;
    if (this.lines.length < this.#limits.logLines)
      return this.#push(this.#truncated(level, messages));
    this.#overflowed = true;
    const text = `Log overflow (maximum ${this.#limits.logLines}). Remaining log lines omitted.`;
    return this.#push({
      level: "ERROR",
      messages: [text],
      timestampMs: this.#nowMs(),
      isTruncated: false,
    });
  }

  #push(line: LogLine): LogLine {
    this.lines.push(line);
    return line;
  }

  #truncated(level: string, messages: readonly string[]): LogLine {
    const timestampMs = this.#nowMs();
    const bytes = Buffer.byteLength(messages.join(" "));
    if (bytes <= this.#limits.logLineBytes)
      return {
        level,
        messages: [...messages],
        timestampMs,
        isTruncated: false,
      };
    const kept = Buffer.from(messages.join(" ")).subarray(
      0,
      this.#limits.logLineBytes - TRUNCATED.length,
    );
    return {
      level,
      messages: [kept.toString("utf8")],
      timestampMs,
      isTruncated: true,
    };
  }

  forClient(): string[] {
    return this.lines.map(clientLogLine);
  }
}

export function clientLogLine(line: LogLine): string {
  return `[${line.level}] ${line.messages.join(" ")}${line.isTruncated ? TRUNCATED : ""}`;
}
