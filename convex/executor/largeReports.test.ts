/** Values as large as may be that workers bring: they are files before they are reported, and are downloaded whole. */
import { describe, expect, it } from "vitest";
import type { RunId } from "../../tests/support/executor/executor-harness";
import {
  errorOf,
  expectWhole,
  LARGE_TEST,
  LONGEST,
  textOf,
  TOO_LARGE,
} from "../../tests/support/executor/large-values";
import { present } from "../../tests/support/executor/present";
import { useExecutor } from "../../tests/support/executor/use-executor";
import { MAX_PAYLOAD_BYTES } from "../model/payloads";

const executor = useExecutor();

const once = "retry: { maxAttempts: 1 }";

describe("the output of an action", () => {
  const chain = (length: number) =>
    `().action("large", async () => ${textOf(length)}, { ${once} })`;

  it("may be 16 MiB", LARGE_TEST, async () => {
    const runId = await executor.publishAndStart(chain(LONGEST));
    expect(await errorOf(executor, runId)).toBeNull();
    const { output } = await executor.step(runId, "large");
    const value = await expectWhole(executor, output, MAX_PAYLOAD_BYTES);
    expect(value === "x".repeat(LONGEST)).toBe(true);
  });

  it("may not be a byte larger", LARGE_TEST, async () => {
    const runId = await executor.publishAndStart(chain(LONGEST + 1));
    expect(await errorOf(executor, runId)).toMatchObject(TOO_LARGE);
  });
});

describe("the answer to an http step", () => {
  async function answered(length: number): Promise<RunId> {
    executor.server.answer = (_, response) => {
      const headers = { "content-type": "text/plain", date: "today" };
      response.writeHead(200, { ...headers, "transfer-encoding": "chunked" });
      response.end("x".repeat(length));
    };
    return await executor.publishAndStart(
      `().http("large", { request: () => ({ url: "$server/large" }), ${once} })`,
    );
  }

  it("may be 16 MiB with its status and headers", LARGE_TEST, async () => {
    const small = await answered(1_000);
    await executor.untilEnded(small);
    const around = present((await executor.step(small, "large")).output);
    const longest = MAX_PAYLOAD_BYTES - (around.bytes - 1_000);
    const runId = await answered(longest);
    expect(await errorOf(executor, runId)).toBeNull();
    const { output } = await executor.step(runId, "large");
    const value = await expectWhole(executor, output, MAX_PAYLOAD_BYTES);
    // What the executor makes of an answer.
    const { body } = value as { body: string };
    expect(body === "x".repeat(longest)).toBe(true);
    const larger = await answered(longest + 1);
    expect(await errorOf(executor, larger)).toMatchObject(TOO_LARGE);
  });

  it("is cut off behind 16 MiB", LARGE_TEST, async () => {
    const runId = await answered(MAX_PAYLOAD_BYTES + 1);
    expect(await errorOf(executor, runId)).toMatchObject({
      ...TOO_LARGE,
      message: expect.stringMatching(/The answer of/),
    });
  });
});
