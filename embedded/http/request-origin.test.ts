import { createServer } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createBackend, type Backend } from "../backend";
import { bundleModules } from "../runtime/testing/bundle-modules";
import { APP } from "../runtime/testing/test-backend";

const SOURCES = {
  "meta.ts": `
    import { actionGeneric as action, mutationGeneric as mutation, queryGeneric as query, anyApi } from "convex/server";
    export const ask = mutation({ args: {}, handler: (ctx) => ctx.meta.getRequestMetadata() });
    export const nested = action({ args: {}, handler: (ctx) => ctx.runMutation(anyApi.meta.ask, {}) });
    export const direct = action({ args: {}, handler: (ctx) => ctx.meta.getRequestMetadata() });
  `,
  "http.ts": `
    import { httpRouter, httpActionGeneric as httpAction } from "convex/server";
    const http = httpRouter();
    http.route({ path: "/ask", method: "GET", handler: httpAction(async (ctx) =>
      Response.json(await ctx.meta.getRequestMetadata())) });
    export default http;
  `,
};
let backend: Backend;
let url: string;
let siteUrl: string;

beforeAll(async () => {
  const [port, sitePort] = [await freePort(), await freePort()];
  url = `http://127.0.0.1:${port}`;
  siteUrl = `http://127.0.0.1:${sitePort}`;
  backend = await createBackend({
    dataFolder: ":memory:",
    origins: { cloudUrl: url, siteUrl },
  });
  const modules = await bundleModules(SOURCES);
  await backend.runtime.load([{ ...APP, modules }]);
  await backend.listen({ host: "127.0.0.1", port, sitePort });
});
afterAll(() => backend.close());

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function call(
  kind: "mutation" | "action",
  path: string,
  headers: Record<string, string> = {},
): Promise<unknown> {
  const answer = await fetch(`${url}/api/${kind}`, {
    method: "POST",
    body: JSON.stringify({ path, args: {} }),
    headers: { "user-agent": "tester", ...headers },
  });
  return ((await answer.json()) as { value: unknown }).value;
}

const known = {
  ip: "127.0.0.1",
  userAgent: "tester",
  scheduledFunctionId: null,
  authToken: null,
};

describe("functions that ask about their request", () => {
  it("learn the address and the user agent, also those called by others", async () => {
    expect(await call("mutation", "meta:ask")).toMatchObject(known);
    expect(await call("action", "meta:direct")).toMatchObject(known);
    expect(await call("action", "meta:nested")).toMatchObject(known);
    const answer = await fetch(`${siteUrl}/ask`, {
      headers: { "user-agent": "tester" },
    });
    expect(await answer.json()).toMatchObject(known);
  });
  it("are told the address that a proxy on this machine has seen, not what its client claims", async () => {
    const headers = { "x-forwarded-for": "9.9.9.9, 203.0.113.7" };
    expect(await call("mutation", "meta:ask", headers)).toMatchObject({
      ip: "203.0.113.7",
    });
  });
});
