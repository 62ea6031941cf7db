import type { Channel } from "./connection";
import { chunkMessages } from "./transition-chunks";

const SECOND = 1000;
const PING_AFTER_MS = 15 * SECOND;
const PROBE_EVERY_MS = 5 * SECOND;
const SILENT_AFTER_MS = 120 * SECOND;
/** As long as clients wait for a message before they connect again. */
const STUCK_AFTER_MS = 60 * SECOND;
const MAX_UNSENT = 2;
const MIB = 1024 * 1024;
/** A peer that lets this much pile up has stopped reading. */
const MAX_BUFFERED_BYTES = 64 * MIB;
/** Of all peers together; beyond it, those who leave more than their share unread are let go. */
const MAX_TOTAL_BYTES = 512 * MIB;
const FAIR_SHARE_BYTES = MIB;

/** What a channel needs of a `WebSocket`. */
export interface Wire {
  readonly bufferedAmount: number;
  send(text: string, onTaken: () => void): void;
  close(code: number, reason: string): void;
  terminate(): void;
  ping(): void;
  pause(): void;
  resume(): void;
}

/** What all channels have not sent yet. */
export type Outbox = { unsentBytes: number };

/** A socket with its heartbeat and the count of what it has not sent yet. */
export class SocketChannel implements Channel {
  readonly #socket: Wire;
  readonly #outbox: Outbox;
  readonly #takesChunks: boolean;
  readonly #onDrained: () => void;
  readonly #probe: ReturnType<typeof setInterval>;
  #unsent = 0;
  #unsentBytes = 0;
  #wasCongested = false;
  #isReading = true;
  #lastSentAt = performance.now();
  #lastTakenAt = performance.now();
  #lastHeardAt = performance.now();

  constructor(
    socket: Wire,
    options: { outbox: Outbox; takesChunks: boolean; onDrained: () => void },
  ) {
    this.#socket = socket;
    this.#outbox = options.outbox;
    this.#takesChunks = options.takesChunks;
    this.#onDrained = options.onDrained;
    this.#probe = setInterval(() => this.#beat(), PROBE_EVERY_MS);
  }

  heard(): void {
    this.#lastHeardAt = performance.now();
  }

  send(text: string): void {
    if (this.#isOverfull()) return this.#socket.terminate();
    this.#lastSentAt = performance.now();
    if (this.#unsent === 0) this.#lastTakenAt = this.#lastSentAt;
    this.#unsent += 1;
    this.#countUnsent(text.length);
    this.#socket.send(text, () => this.#taken(text.length));
  }

  sendTransition(text: string): void {
    if (!this.#takesChunks) return this.send(text);
    for (const message of chunkMessages(text)) this.send(message);
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason.slice(0, 120));
  }

  isCongested(): boolean {
    this.#wasCongested =
      this.#unsent > MAX_UNSENT && this.#socket.bufferedAmount > 0;
    return this.#wasCongested;
  }

  setReading(isReading: boolean): void {
    if (isReading === this.#isReading) return;
    this.#isReading = isReading;
    this.heard();
    if (isReading) this.#socket.resume();
    else this.#socket.pause();
  }

  /** The socket is closed: what it had not sent is gone. */
  stop(): void {
    clearInterval(this.#probe);
    this.#countUnsent(-this.#unsentBytes);
  }

  #isOverfull(): boolean {
    return (
      this.#unsentBytes > MAX_BUFFERED_BYTES ||
      (this.#outbox.unsentBytes > MAX_TOTAL_BYTES &&
        this.#unsentBytes > FAIR_SHARE_BYTES)
    );
  }

  #countUnsent(bytes: number): void {
    this.#unsentBytes += bytes;
    this.#outbox.unsentBytes += bytes;
  }

  #taken(bytes: number): void {
    this.#lastTakenAt = performance.now();
    this.#unsent -= 1;
    this.#countUnsent(-Math.min(bytes, this.#unsentBytes));
    if (!this.#wasCongested || this.#unsent > MAX_UNSENT) return;
    this.#wasCongested = false;
    this.#onDrained();
  }

  #beat(): void {
    const now = performance.now();
    if (this.#isDead(now)) return this.#socket.terminate();
    if (now - this.#lastSentAt >= PING_AFTER_MS - PROBE_EVERY_MS / 2)
      this.send('{"type":"Ping"}');
    this.#socket.ping();
  }

  /** Half open, or taking nothing of what it is sent. Who is not being read cannot be heard. */
  #isDead(now: number): boolean {
    const isSilent =
      this.#isReading && now - this.#lastHeardAt > SILENT_AFTER_MS;
    const isStuck =
      this.#unsent > 0 && now - this.#lastTakenAt > STUCK_AFTER_MS;
    return isSilent || isStuck;
  }
}
