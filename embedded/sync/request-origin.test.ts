import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RawClient, type ServerJson } from "./testing/raw-client";
import { startSyncBackend, type SyncBackend } from "./testing/sync-backend";

const SOURCES = {
  "meta.ts": `
    import { actionGeneric as action, mutationGeneric as mutation, anyApi } from "convex/server";
    export const ask = mutation({ args: {}, handler: (ctx) => ctx.meta.getRequestMetadata() });
    export const nested = action({ args: {}, handler: (ctx) => ctx.runMutation(anyApi.meta.ask, {}) });
  `,
};
let backend: SyncBackend;
beforeAll(async () => {
  backend = await startSyncBackend(SOURCES);
});
afterAll(() => backend.close());

async function answer(client: RawClient): Promise<ServerJson> {
  for (;;) {
    const message = await client.next();
    if (message.type.endsWith("Response")) return message;
  }
}

describe("functions called over a socket", () => {
  it("learn the token that proved who the user is, and nothing once the user is gone", async () => {
    const client = await RawClient.open(backend.url);
    const value = await backend.tokenFor("ada");
    const sign = { type: "Authenticate", baseVersion: 0 };
    client.send({ ...sign, tokenType: "User", value });
    client.mutate(1, "meta:ask");
    expect(await answer(client)).toMatchObject({
      result: { authToken: value },
    });
    client.send({
      type: "Action",
      requestId: 2,
      udfPath: "meta:nested",
      args: [{}],
    });
    expect(await answer(client)).toMatchObject({
      result: { authToken: value },
    });
    client.send({ ...sign, baseVersion: 1, tokenType: "None" });
    client.mutate(3, "meta:ask");
    expect(await answer(client)).toMatchObject({ result: { authToken: null } });
    client.close();
  });
});
