/** Bodies over HTTP that are no JSON, no call, too large or broken, while somebody else works undisturbed. */
import { request as httpRequest } from "node:http";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { useFuzzGround } from "./support/fuzz-ground";
import { expectRefusal, expectRefusalText } from "./support/refusals";

const MIB = 1024 * 1024;
const ground = useFuzzGround();

describe("request bodies", () => {
  it.each([
    ["/api/query", "{"],
    ["/api/query", ""],
    ["/api/query", "null"],
    ["/api/query", "[]"],
    ["/api/query", `{"path":1}`],
    ["/api/query", `{"path":"a:b","args":{},"format":"xml"}`],
    ["/api/mutation", `{"args":{}}`],
    ["/api/action", "\u0000"],
    ["/api/function", `{"path":null,"args":{}}`],
    ["/api/query_batch", `{"queries":{}}`],
    [
      "/api/query_batch",
      JSON.stringify({ queries: Array(1001).fill({ path: "a:b" }) }),
    ],
    ["/api/query_at_ts", `{"path":"a:b","args":{},"ts":"soon"}`],
    ["/api/run/messages/list", "no"],
    ["/api/deploy2/start_push", `{"adminKey":7}`],
    ["/api/deploy2/start_push", `{}`],
    ["/api/deploy2/finish_push", `{"adminKey":"wrong"}`],
    ["/api/update_environment_variables", `{"changes":[]}`],
    ["/api/query", "[".repeat(200_000)],
    [
      "/api/query",
      `{"path":"messages:any","args":{"value":${"[".repeat(100_000)}${"]".repeat(100_000)}}}`,
    ],
  ])("that %s does not take are refused (%#)", async (path, body) => {
    await expectRefusal(await ground.post(path, body));
  });

  it("that are compressed but damaged are refused", async () => {
    const headers = { "content-encoding": "br" };
    await expectRefusal(
      await ground.post("/api/query", "not brotli", headers),
      {
        status: 400,
      },
    );
  });

  it("that say they are too large are refused before they are sent", async () => {
    const { status, text } = await new Promise<{
      status: number;
      text: string;
    }>((resolve, reject) => {
      const request = httpRequest(`${ground.backend.url}/api/query`, {
        method: "POST",
        headers: { "content-length": 100 * MIB },
      });
      request.on("error", reject);
      request.on("response", (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, text }),
        );
      });
      request.flushHeaders();
    });
    expectRefusalText(status, text);
    expect(status).toBe(413);
  });

  it("that turn out to be too large are refused, and memory is given back", async () => {
    const before = ground.backend.residentMegabytes();
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => streamed("/api/query", 100)),
    );
    for (const answer of answers)
      expect([413, 503, null]).toContain(answer?.status ?? null);
    expect(answers.some((answer) => answer !== null)).toBe(true);
    expect(ground.backend.residentMegabytes() - before).toBeLessThan(600);
  });

  it("of HTTP actions may have 20 MiB", async () => {
    const length = (megabytes: number) =>
      fetch(`${ground.backend.siteUrl}/length`, {
        method: "POST",
        body: new Uint8Array(megabytes * MIB),
      });
    expect(await (await length(20)).json()).toBe(20 * MIB);
    await expectRefusal(await length(21), { status: 413 });
  });
});

/** A body without a length, sent as fast as it is taken. Null when the connection broke. */
async function streamed(
  path: string,
  megabytes: number,
): Promise<Response | null> {
  const chunk = new Uint8Array(MIB).fill(32);
  const body = Readable.toWeb(
    Readable.from(
      (function* () {
        for (let sent = 0; sent < megabytes; sent += 1) yield chunk;
      })(),
    ),
  );
  const init = { method: "POST", body, duplex: "half" };
  return fetch(ground.backend.url + path, init as RequestInit).catch(
    () => null,
  );
}

describe("responses of HTTP actions", () => {
  it("may have 20 MiB; larger ones are an error", async () => {
    const get = (megabytes: number) =>
      fetch(`${ground.backend.siteUrl}/large?megabytes=${megabytes}`);
    expect((await (await get(20)).text()).length).toBe(20 * MIB);
    const tooLarge = await get(21).then(
      async (response) => [response.status, await response.text()],
      () => [500, "broken off"],
    );
    expect(tooLarge).toEqual([500, expect.not.stringMatching(/^x/)]);
  });
});
