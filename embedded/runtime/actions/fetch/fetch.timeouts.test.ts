/** How long a server is waited for. */
import { setImmediate as turn } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { bodyOf, failureOf } from "./testing/answering-server";
import { bothFetches, serve, serveBytes, until } from "./testing/both-fetches";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** For the whole file: the clock by which undici looks at limits, twice a second, keeps the timer that it began with. */
beforeAll(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterAll(() => void vi.useRealTimers());

/** What fails when so much time has passed, and not a second before. */
async function failureAfter(
  ms: number,
  work: Promise<unknown>,
): Promise<string> {
  let failure: string | null = null;
  void failureOf(work).then((text) => (failure = text));
  vi.advanceTimersByTime(ms - SECOND);
  await turn();
  expect(failure).toBeNull();
  vi.advanceTimersByTime(3 * SECOND);
  await until(() => failure !== null);
  return String(failure);
}

describe.each(bothFetches)("%s gives up", (_, send) => {
  it("a connection after ten seconds", async () => {
    let connections = 0;
    const port = await serveBytes(() => void connections++);
    const { answer } = send(`https://127.0.0.1:${port}/`);
    await until(() => connections === 1);
    expect(await failureAfter(10 * SECOND, answer)).toBe(
      `TypeError: fetch failed: Connect Timeout Error (attempted address: 127.0.0.1:${port}, timeout: 10000ms)`,
    );
  });

  it("an answer that does not begin after five minutes", async () => {
    const server = await serve(() => {});
    const { answer } = send(server.at());
    await until(() => server.asked.length === 1);
    expect(await failureAfter(5 * MINUTE, answer)).toBe(
      "TypeError: fetch failed: Headers Timeout Error",
    );
    await until(() => server.sockets.size === 0);
  });

  it("a body five minutes after the last of it", async () => {
    const server = await serve((response) => {
      response.write("one");
      setTimeout(() => response.write("two"), 4 * MINUTE);
    });
    const { body } = await send(server.at()).answer;
    await body?.next();
    vi.advanceTimersByTime(4 * MINUTE);
    await body?.next();
    expect(await failureAfter(5 * MINUTE, Promise.resolve(body?.next()))).toBe(
      "TypeError: terminated: Body Timeout Error",
    );
    await until(() => server.sockets.size === 0);
  });
});

describe.each(bothFetches)("%s does not give up", (_, send) => {
  it("a body that is not read", async () => {
    const total = 16 * 1024 * 1024;
    let isSent = false;
    const server = await serve((response) =>
      response.end(Buffer.alloc(total), () => (isSent = true)),
    );
    const answer = await send(server.at()).answer;
    for (let minutes = 0; minutes < 15; minutes++) {
      vi.advanceTimersByTime(MINUTE);
      await turn();
    }
    expect(isSent).toBe(false);
    expect((await bodyOf(answer)).byteLength).toBe(total);
  });
});
