import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SocketChannel, type Wire } from "./socket-channel";

const MIB = 1024 * 1024;
const SECOND = 1000;

/** Takes what it is sent only when told to. */
class StubbornPeer implements Wire {
  readonly sent: string[] = [];
  readonly takes: (() => void)[] = [];
  isTerminated = false;
  isPaused = false;
  get bufferedAmount(): number {
    return this.takes.length;
  }
  send(text: string, onTaken: () => void): void {
    this.sent.push(text);
    this.takes.push(onTaken);
  }
  take(): void {
    for (const onTaken of this.takes.splice(0)) onTaken();
  }
  close(): void {
    this.isTerminated = true;
  }
  terminate(): void {
    this.isTerminated = true;
  }
  ping(): void {
    this.sent.push("ping frame");
  }
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
}

let drained = 0;
const outbox = { unsentBytes: 0 };
function open(): { peer: StubbornPeer; channel: SocketChannel } {
  const peer = new StubbornPeer();
  const onDrained = () => (drained += 1);
  const options = { outbox, takesChunks: true, onDrained };
  return { peer, channel: new SocketChannel(peer, options) };
}

beforeEach(() => {
  drained = 0;
  outbox.unsentBytes = 0;
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

describe("a peer", () => {
  it("is told that the server is there when nothing else is said", () => {
    const { peer } = open();
    vi.advanceTimersByTime(16 * SECOND);
    expect(peer.sent).toContain('{"type":"Ping"}');
    expect(peer.sent).toContain("ping frame");
  });
  it("that is silent for two minutes is let go, unless it is not being read", () => {
    const [silent, unread, alive] = [open(), open(), open()];
    unread.channel.setReading(false);
    for (let second = 0; second < 130; second += 5) {
      alive.channel.heard();
      vi.advanceTimersByTime(5 * SECOND);
      for (const { peer } of [silent, unread, alive]) peer.take();
    }
    expect(
      [silent, unread, alive].map(({ peer }) => peer.isTerminated),
    ).toEqual([true, false, false]);
  });
  it("that takes nothing for a minute is let go, though it may still be heard", () => {
    const { peer, channel } = open();
    channel.send("unread");
    for (let second = 0; second < 70; second += 5) {
      channel.heard();
      vi.advanceTimersByTime(5 * SECOND);
    }
    expect(peer.isTerminated).toBe(true);
  });
  it("with two messages to take is spared Transitions until it has taken them", () => {
    const { peer, channel } = open();
    for (const text of ["a", "b", "c"]) channel.send(text);
    expect(channel.isCongested()).toBe(true);
    peer.take();
    expect([drained, channel.isCongested()]).toEqual([1, false]);
  });
  it("that leaves 64 MiB is let go, and what it left is not counted any more", () => {
    const { peer, channel } = open();
    const text = "x".repeat(16 * MIB);
    for (let sent = 0; sent < 6; sent += 1) channel.send(text);
    expect(peer.isTerminated).toBe(true);
    expect(outbox.unsentBytes).toBe(80 * MIB);
    channel.stop();
    expect(outbox.unsentBytes).toBe(0);
    peer.take();
    expect(outbox.unsentBytes).toBe(0);
  });
  it("that leaves more than its share is let go when all together leave too much", () => {
    outbox.unsentBytes = 600 * MIB;
    const [modest, greedy] = [open(), open()];
    greedy.channel.send("x".repeat(2 * MIB));
    for (const { channel } of [modest, greedy]) channel.send("more");
    expect([modest, greedy].map(({ peer }) => peer.isTerminated)).toEqual([
      false,
      true,
    ]);
  });
});
