import { describe, expect, it } from "vitest";
import { runAction } from "./action";
import type { ActionHost, ActionResult, LogLine } from "./evaluation";
import { DEFAULTS } from "../../tests/support/language/evaluate-source";

const RESPONSE = {
  status: 200,
  statusText: "OK",
  url: "u",
  headers: { "content-type": "text/plain" },
  body: '{"id":7}',
};

function run(
  fn: string,
  host: Partial<ActionHost> = {},
): Promise<ActionResult> {
  const program = `const { workflow, NonRetryableError } = $lockstep;\n$default = workflow().action("a",\n${fn})`;
  return runAction(
    { program, fn: { path: "a", slot: "run" }, ...DEFAULTS },
    {
      fetch: async (request) => ({ ...RESPONSE, url: request.url }),
      secret: async (name) => `value of ${name}`,
      log: () => {},
      stream: () => {},
      signal: new AbortController().signal,
      ...host,
    },
  );
}

describe("runAction", () => {
  it("reaches the host by fetch, secrets and log", async () => {
    const lines: LogLine[] = [];
    const result = await run(
      `async ({ fetch, secrets, log }) => {
        const r = await fetch("https://x", { method: "post", json: { a: 1 }, headers: { K: await secrets.get("S") } });
        log.warn("got", r.status);
        return [r.ok, r.url, r.headers.get("Content-Type"), (await r.json()).id];
      }`,
      {
        log: (line) => lines.push(line),
        fetch: async (request) => {
          expect(request).toEqual({
            url: "https://x",
            method: "POST",
            body: '{"a":1}',
            headers: { K: "value of S", "content-type": "application/json" },
          });
          return { ...RESPONSE, url: request.url };
        },
      },
    );
    expect(result).toMatchObject({
      kind: "ok",
      value: [true, "https://x", "text/plain", 7],
    });
    expect(lines).toEqual([{ level: "warn", message: "got 200" }]);
  });

  it("has requests in flight together", async () => {
    let inFlight = 0;
    let most = 0;
    const result = await run(
      `async ({ fetch }) => (await Promise.all([1, 2, 3, 4].map((n) => fetch("u" + n)))).map((r) => r.url)`,
      {
        fetch: async (request) => {
          most = Math.max(most, ++inFlight);
          await new Promise((resolve) => setTimeout(resolve, 5));
          inFlight -= 1;
          return { ...RESPONSE, url: request.url };
        },
      },
    );
    expect(result).toMatchObject({ value: ["u1", "u2", "u3", "u4"] });
    expect(most).toBe(4);
  });

  it("lets the code catch what the host refuses", async () => {
    const fetch = () => Promise.reject(new Error("refused"));
    expect(
      await run(
        `async ({ fetch }) => { try { await fetch("u") } catch (e) { return e.message } }`,
        { fetch },
      ),
    ).toMatchObject({ value: "refused" });
    expect(
      await run(`async ({ fetch }) => { await fetch("u") }`, { fetch }),
    ).toMatchObject({ error: { message: "refused", retryable: true } });
  });

  it("tells where in the source an error came from after a wait", async () => {
    const result = await run(
      `async ({ fetch }) => { await fetch("u");\n throw new NonRetryableError("end") }`,
    );
    expect(result).toMatchObject({
      error: {
        name: "NonRetryableError",
        retryable: false,
        frames: [{ line: 4 }],
      },
    });
  });

  it("takes a function that is not asynchronous", async () => {
    expect(await run("() => 5")).toMatchObject({ value: 5 });
    expect(await run("() => { throw new Error('no') }")).toMatchObject({
      error: { message: "no" },
    });
    expect(
      await run("() => ({ then: (resolve) => resolve(6) })"),
    ).toMatchObject({ value: 6 });
  });

  it("ends an action that waits for nothing", async () => {
    expect(await run("() => new Promise(() => {})")).toMatchObject({
      error: { message: expect.stringContaining("nothing will ever settle") },
    });
  });

  it("aborts its requests when it is cancelled or runs out of time", async () => {
    for (const [reason, code] of [
      [new Error("stop"), "cancelled"],
      [new DOMException("late", "TimeoutError"), "timeout"],
    ] as const) {
      const controller = new AbortController();
      let aborted = false;
      const fetch: ActionHost["fetch"] = (_request, signal) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener("abort", () => {
            aborted = true;
            reject(new Error("aborted"));
          }),
        );
      setTimeout(() => controller.abort(reason), 10);
      const result = await run(`async ({ fetch }) => fetch("u")`, {
        fetch,
        signal: controller.signal,
      });
      expect(result).toMatchObject({
        error: { code, retryable: code === "timeout" },
      });
      expect(aborted).toBe(true);
    }
  });

  it("survives an abort in the middle of a slice", async () => {
    const controller = new AbortController();
    const result = await run(`async ({ log }) => { log("x"); return 1 }`, {
      signal: controller.signal,
      log: () => controller.abort(),
    });
    expect(result).toMatchObject({ error: { code: "cancelled" } });
    expect(await run("() => 1")).toMatchObject({ value: 1 });
  });

  it("stops a slice that does not end, and storms of promises", async () => {
    for (const fn of [
      "async ({ fetch }) => { await fetch('u'); while (true) {} }",
      "async () => { while (true) await 1 }",
      "() => { const f = () => Promise.resolve().then(f); return f() }",
    ])
      expect(await run(fn)).toMatchObject({ error: { code: "sandbox_limit" } });
    expect(await run("() => 1")).toMatchObject({ value: 1 });
  });

  it("refuses a storm of requests one by one", async () => {
    const fetch: ActionHost["fetch"] = () =>
      new Promise((resolve) => setTimeout(() => resolve(RESPONSE), 5));
    const result = await run(
      `async ({ fetch }) => (await Promise.allSettled(Array.from({ length: 150 }, () => fetch("u")))).filter((r) => r.status === "rejected").length`,
      { fetch },
    );
    expect(result).toMatchObject({ value: 50 });
  });

  it("keeps fifty actions apart that run at once", async () => {
    const fetch: ActionHost["fetch"] = (request) =>
      new Promise((resolve) =>
        setTimeout(() => resolve({ ...RESPONSE, body: request.url }), 5),
      );
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        run(
          `async ({ fetch }) => { globalThis.n = ${n}; const r = await fetch("u${n}"); return [n, await r.text()] }`,
          { fetch },
        ),
      ),
    );
    expect(
      results.map((result) => result.kind === "ok" && result.value),
    ).toEqual(results.map((_, n) => [n, `u${n}`]));
  });
});
