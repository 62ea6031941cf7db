import { setImmediate as nextTurn } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createBackend, type Backend } from "../backend";
import { bundleModules } from "../runtime/testing/bundle-modules";
import { APP } from "../runtime/testing/test-backend";

const SOURCES = {
  "work.ts": `
    import { actionGeneric as action } from "convex/server";
    export const sleep = action({ args: {}, handler: async () => {
      await new Promise((resolve) => setTimeout(resolve, 1500));
      return "slept";
    } });
  `,
  "http.ts": `
    import { httpRouter, httpActionGeneric as httpAction } from "convex/server";
    const http = httpRouter();
    http.route({ path: "/hello", method: "GET", handler: httpAction(async () => new Response("hello")) });
    export default http;
  `,
};
let backend: Backend;

beforeAll(async () => {
  backend = await createBackend({
    dataFolder: ":memory:",
    origins: { cloudUrl: "http://api.test", siteUrl: "http://site.test" },
    limits: { isolateActions: 1, actionWaitMs: 50 },
  });
  const modules = await bundleModules(SOURCES);
  await backend.runtime.load([{ ...APP, modules }]);
});
afterAll(() => backend.close());

const sleep = () =>
  backend.api(
    new Request("http://api.test/api/action", {
      method: "POST",
      body: JSON.stringify({ path: "work:sleep", args: {} }),
    }),
  );

describe("actions beyond the limit", () => {
  it("are refused with 429 after waiting, HTTP actions too; those that run are not disturbed", async () => {
    const first = sleep();
    while (backend.runtime.actionLoad().isolate.running === 0) await nextTurn();
    const [second, hello] = await Promise.all([
      sleep(),
      backend.site(new Request("http://site.test/hello")),
    ]);
    for (const refused of [second, hello])
      expect([refused.status, await refused.json()]).toMatchObject([
        429,
        { code: "TooManyConcurrentRequests" },
      ]);
    expect(await (await first).json()).toMatchObject({ value: "slept" });
    const again = await backend.site(new Request("http://site.test/hello"));
    expect(await again.text()).toBe("hello");
  });
});
