/** What an attempt in flight logs and streams, until the worker takes it along. Secrets are hidden on the way in. */
import type { LogLine } from "../../language/evaluation";
import { type SecretMask, StreamMask } from "../../steps/secretMask";
import type { LogRow } from "../../validators/steps";
import { MAX_CHARS, MAX_LINES, type Output } from "./stepOutput";

/** What one exchange takes of one attempt. */
const MAX_TAKEN_CHARS = 256 * 1024;

export class AttemptOutput {
  readonly #mask: SecretMask;
  readonly #streamMask: StreamMask;
  #lines: LogRow[] = [];
  #text = "";
  #logged = { lines: 0, chars: 0 };
  #streamed = 0;

  constructor(mask: SecretMask) {
    this.#mask = mask;
    this.#streamMask = new StreamMask(mask);
  }

  /** Just more than will be kept is taken, so that the writer knows that there was more. */
  log({ level, message }: LogLine): void {
    const { lines, chars } = this.#logged;
    if (lines > MAX_LINES || chars > MAX_CHARS) return;
    const text = this.#mask.hide(message);
    this.#logged = { lines: lines + 1, chars: chars + text.length };
    this.#lines.push({ level, at: Date.now(), text });
  }

  stream(text: string): void {
    if (this.#streamed > MAX_CHARS) return;
    this.#streamed += text.length;
    this.#text += this.#streamMask.push(text);
  }

  /** No more will be streamed. */
  end(): void {
    this.#text += this.#streamMask.end();
  }

  get hasMore(): boolean {
    return this.#lines.length > 0 || this.#text !== "";
  }

  /** A part of what there is; all of it when `all`. Null when there is nothing. */
  take({ all = false }: { all?: boolean } = {}): Output | null {
    if (!this.hasMore) return null;
    const max = all ? Infinity : MAX_TAKEN_CHARS;
    const text = this.#text.slice(0, max);
    this.#text = this.#text.slice(text.length);
    return { lines: JSON.stringify(this.#takeLines(max)), text };
  }

  #takeLines(max: number): LogRow[] {
    let chars = 0;
    const end = this.#lines.findIndex(
      ({ text }) => (chars += text.length) > max,
    );
    return this.#lines.splice(0, end === -1 ? Infinity : Math.max(end, 1));
  }
}
