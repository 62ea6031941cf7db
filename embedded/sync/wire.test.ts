/** The protocol as one client sees it, message by message. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startKeyValueBackend } from "./testing/key-value-backend";
import { RawClient } from "./testing/raw-client";
import type { SyncBackend } from "./testing/sync-backend";

let backend: SyncBackend;
beforeAll(async () => {
  backend = await startKeyValueBackend();
});
afterAll(() => backend.close());

const bump = (label: string) => ({ keys: ["a"], label });
const version = { args: { key: "version" } };

/** Of all mutations that were executed. */
function labels(): string[] {
  const log = backend.runtime.runQuery(backend.call("kv:log"));
  const rows = "value" in log ? (log.value as { label: string }[]) : [];
  return rows.map(({ label }) => label);
}

async function withClient(
  body: (client: RawClient) => Promise<void>,
  sessionId?: string,
): Promise<void> {
  const client = await RawClient.open(backend.url, sessionId);
  await body(client).finally(() => client.close());
}

describe("mutations", () => {
  it("are answered before the Transition that shows them", () =>
    withClient(async (client) => {
      client.add(0, "kv:get", version);
      await client.next();
      for (const requestId of [1, 2, 3])
        client.mutate(requestId, "kv:bump", bump("order"));
      const answered: unknown[] = [];
      let shown = 0;
      while (shown < Number(answered.at(-1) ?? 1) || answered.length < 3) {
        const message = await client.next();
        if (message.type === "MutationResponse") answered.push(message.result);
        else if (JSON.stringify(message.modifications) !== "[]") {
          const [update] = message.modifications as { value: number }[];
          shown = update?.value ?? 0;
          expect(answered).toContain(shown);
        }
      }
    }));

  it("sent again after a reconnect happen once and are answered the same", async () => {
    const first = await RawClient.open(backend.url, "again");
    first.mutate(7, "kv:bump", bump("again"));
    const answer = await first.next();
    first.close();
    await withClient(async (second) => {
      second.mutate(7, "kv:bump", bump("again"));
      expect(await second.next()).toEqual(answer);
    }, "again");
    expect(labels().filter((label) => label === "again")).toHaveLength(1);
  });

  it("that fail for a reason of ours take those behind them along, which keep their order", () =>
    withClient(async (client) => {
      client.mutate(1, "kv:occ");
      for (const requestId of [2, 3])
        client.mutate(requestId, "kv:bump", bump("overtaken"));
      expect(await client.end()).toMatchObject({ messages: [], code: 1013 });
      expect(labels()).not.toContain("overtaken");
    }));

  it("that are refused leave nothing behind and have no timestamp", () =>
    withClient(async (client) => {
      client.mutate(1, "kv:refuse");
      expect(await client.next()).toMatchObject({
        type: "MutationResponse",
        success: false,
        ts: null,
        errorData: "no",
      });
      expect(await client.next()).toMatchObject({ modifications: [] });
      const lost = backend.call("kv:get", { key: "lost" });
      expect(backend.runtime.runQuery(lost)).toMatchObject({ value: 0 });
    }));
});

describe("tokens", () => {
  it("that cannot be verified end the socket with the version before the attempt", () =>
    withClient(async (client) => {
      client.send({ type: "Authenticate", baseVersion: 0, tokenType: "None" });
      expect(await client.next()).toMatchObject({
        endVersion: { identity: 1 },
      });
      client.send({
        type: "Authenticate",
        baseVersion: 1,
        tokenType: "User",
        value: "nonsense",
      });
      const { messages } = await client.end();
      expect(messages).toMatchObject([
        { type: "AuthError", baseVersion: 1, authUpdateAttempted: true },
      ]);
    }));

  it("that have expired end the socket when something is to be executed", () =>
    withClient(async (client) => {
      const value = await backend.tokenFor("ada", -2);
      client.send({
        type: "Authenticate",
        baseVersion: 0,
        tokenType: "User",
        value,
      });
      client.add(0, "kv:who");
      const { messages } = await client.end();
      expect(messages).toMatchObject([
        {
          type: "AuthError",
          error: "Convex token identity expired",
          baseVersion: 1,
          authUpdateAttempted: false,
        },
      ]);
    }));

  it("decide who asks from the same message on", () =>
    withClient(async (client) => {
      client.add(0, "kv:who");
      expect(await client.next()).toMatchObject({
        modifications: [{ value: null }],
      });
      client.send({
        type: "Authenticate",
        baseVersion: 0,
        tokenType: "User",
        value: await backend.tokenFor("ada"),
      });
      expect(await client.next()).toMatchObject({
        endVersion: { identity: 1, querySet: 1 },
        modifications: [{ value: "ada" }],
      });
    }));
});

describe("what breaks the protocol", () => {
  it.each<[string, (client: RawClient) => void, string]>([
    [
      "a query set of another version",
      (client) => client.add(0, "kv:who", { version: 5 }),
      "BaseVersionMismatch",
    ],
    [
      "an identity of another version",
      (client) =>
        client.send({
          type: "Authenticate",
          baseVersion: 3,
          tokenType: "None",
        }),
      "BaseVersionMismatch",
    ],
    [
      "no JSON",
      (client) => client.sendText("{"),
      "WSMessageInvalidJson: Received Invalid JSON on websocket",
    ],
  ])("ends with a FatalError: %s", (_name, act, text) =>
    withClient(async (client) => {
      act(client);
      const { messages } = await client.end();
      expect(messages).toMatchObject([{ type: "FatalError" }]);
      expect(messages[0]?.["error"]).toContain(text);
    }),
  );

  it("ends as an internal error: the same query twice, an unknown one removed", async () => {
    await withClient(async (client) => {
      for (const at of [0, 1]) client.add(0, "kv:who", { version: at });
      expect(await client.end()).toMatchObject(INTERNAL);
    });
    await withClient(async (client) => {
      client.send({
        type: "ModifyQuerySet",
        baseVersion: 0,
        newVersion: 1,
        modifications: [{ type: "Remove", queryId: 3 }],
      });
      expect(await client.end()).toMatchObject(INTERNAL);
    });
  });
});

const INTERNAL = { code: 1011, reason: "InternalServerError" };

describe("components", () => {
  it("are out of reach for all but admins", () =>
    withClient(async (client) => {
      client.add(0, "kv:who", { componentPath: "limiter" });
      expect(await client.end()).toMatchObject({ reason: "Forbidden" });
    }));

  it("are out of reach for mutations and actions as well", async () => {
    for (const type of ["Mutation", "Action"])
      await withClient(async (client) => {
        client.send({
          type,
          requestId: 1,
          udfPath: "kv:bump",
          componentPath: "limiter",
          args: [{}],
        });
        expect(await client.end()).toMatchObject({ reason: "Forbidden" });
      });
  });
});

describe("journals", () => {
  it("keep a page's bounds over a reconnect, so that it grows with what is inserted", async () => {
    const page = { numItems: 2, cursor: null, id: 1 };
    const args = { paginationOpts: page };
    const insert = (n: number) =>
      backend.runtime.runMutation(backend.call("kv:add", { n }));
    for (const n of [1, 5, 9]) await insert(n);
    const first = await RawClient.open(backend.url);
    first.add(0, "kv:page", { args });
    const { modifications } = await first.next();
    const [shown] = modifications as { journal: string; value: Page }[];
    expect(numbersOf(shown?.value)).toEqual([1, 5]);
    first.close();
    await insert(3);
    await withClient(async (second) => {
      const journal = shown?.journal ?? null;
      second.add(0, "kv:page", { args, journal });
      const { modifications: again } = await second.next();
      const [grown] = again as { journal: string; value: Page }[];
      expect(numbersOf(grown?.value)).toEqual([1, 3, 5]);
      expect(grown?.journal).toBe(journal);
      await insert(4);
      const { modifications: later } = await second.next();
      const [more] = later as { value: Page }[];
      expect(numbersOf(more?.value)).toEqual([1, 3, 4, 5]);
    });
  });
});

type Page = { page: { n: number }[]; continueCursor: string };

function numbersOf(page: Page | undefined): number[] | undefined {
  return page?.page.map(({ n }) => n);
}
