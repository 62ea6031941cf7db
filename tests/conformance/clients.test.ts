import { ConvexClient, ConvexHttpClient } from "convex/browser";
import { makeFunctionReference } from "convex/server";
import { ConvexError } from "convex/values";
import { WebSocket } from "ws";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deployApp, eventually, type DeployedApp } from "./deployed-app";

let app: DeployedApp;
beforeAll(async () => {
  app = await deployApp();
}, 120_000);
afterAll(() => app.stop());

const query = (name: string) => makeFunctionReference<"query">(name);
const mutation = (name: string) => makeFunctionReference<"mutation">(name);
const action = (name: string) => makeFunctionReference<"action">(name);
const http = () => new ConvexHttpClient(app.backend.url);

async function withClient<T>(
  body: (client: ConvexClient) => Promise<T>,
): Promise<T> {
  const client = new ConvexClient(app.backend.url);
  try {
    return await body(client);
  } finally {
    await client.close();
  }
}

describe("the HTTP client", () => {
  it("calls queries, mutations and actions", async () => {
    const id: unknown = await http().mutation(mutation("messages:send"), {
      author: "http",
      body: "hello",
    });
    expect(
      await http().query(query("messages:list"), { author: "http" }),
    ).toMatchObject([{ _id: id, body: "hello" }]);
    expect(
      await http().action(action("messages:sendTwice"), { body: "twice" }),
    ).toBeGreaterThanOrEqual(2);
    expect(await http().action(action("host:sha256"), { text: "x" })).toMatch(
      /^2d711642/,
    );
    expect(await http().query(query("sums:add"), { a: 2, b: 3 })).toBe(5);
  });
  it("gets the data of a ConvexError, and nothing of the mutation remains", async () => {
    await expect(
      http().mutation(mutation("messages:refuse"), {}),
    ).rejects.toBeInstanceOf(ConvexError);
    expect(
      await http().query(query("messages:list"), { author: "nobody" }),
    ).toEqual([]);
  });
  it("is told which function does not exist and which is internal", async () => {
    await expect(http().query(query("messages:nothing"), {})).rejects.toThrow(
      /Could not find public function/,
    );
    await expect(http().query(query("messages:count"), {})).rejects.toThrow(
      /Could not find public function/,
    );
  });
  it("is told what is wrong with arguments", async () => {
    await expect(
      http().mutation(mutation("messages:send"), { author: 1 }),
    ).rejects.toThrow(/ArgumentValidationError/);
  });
});

describe("a subscription", () => {
  it("sees a mutation made by another client", () =>
    withClient(async (client) => {
      const seen: number[] = [];
      client.onUpdate(
        query("messages:list"),
        { author: "live" },
        (rows: unknown[]) => seen.push(rows.length),
      );
      await eventually(() => seen.length === 1);
      await http().mutation(mutation("messages:send"), {
        author: "live",
        body: "one",
      });
      await eventually(() => seen.at(-1) === 1);
    }));
  it("is not called again for commits that do not concern it", () =>
    withClient(async (client) => {
      let calls = 0;
      client.onUpdate(
        query("messages:list"),
        { author: "quiet" },
        () => (calls += 1),
      );
      await eventually(() => calls === 1);
      await client.mutation(mutation("messages:send"), {
        author: "loud",
        body: "x",
      });
      expect(calls).toBe(1);
    }));
  it("has seen a mutation of its own client when the mutation's promise resolves", () =>
    withClient(async (client) => {
      let count = -1;
      client.onUpdate(
        query("messages:list"),
        { author: "own" },
        (rows: unknown[]) => (count = rows.length),
      );
      await eventually(() => count === 0);
      for (let sent = 1; sent <= 5; sent += 1) {
        await client.mutation(mutation("messages:send"), {
          author: "own",
          body: String(sent),
        });
        expect(count).toBe(sent);
      }
    }));
  it(
    "continues after the backend was killed, with everything that was acknowledged",
    () =>
      withClient(async (client) => {
        let count = -1;
        client.onUpdate(
          query("messages:list"),
          { author: "crash" },
          (rows: unknown[]) => (count = rows.length),
        );
        await client.mutation(mutation("messages:send"), {
          author: "crash",
          body: "before",
        });
        await app.backend.restart();
        await client.mutation(mutation("messages:send"), {
          author: "crash",
          body: "after",
        });
        await eventually(() => count === 2, 20_000);
      }),
    60_000,
  );
});

describe("scheduled work", () => {
  it("runs functions scheduled by mutations", async () => {
    await http().mutation(mutation("messages:sendLater"), { body: "later" });
    await eventually(async () => {
      const rows = (await http().query(query("messages:list"), {
        author: "scheduler",
      })) as { body: string }[];
      return rows.some(({ body }) => body === "later");
    });
  });
  it("runs crons", async () => {
    await eventually(
      async () => (await http().query(query("ticks:any"), {})) === true,
    );
  });
});

describe("authentication with a custom JWT", () => {
  it("gives functions the identity", async () => {
    const client = http();
    client.setAuth(await app.signToken("ada"));
    expect(await client.query(query("users:me"), {})).toMatchObject({
      subject: "ada",
      role: "tester",
    });
    expect(await http().query(query("users:me"), {})).toBeNull();
  });
  it("works over the socket and keeps users apart", () =>
    withClient(async (client) => {
      const subjects: unknown[] = [];
      client.setAuth(() => app.signToken("grace"));
      client.onUpdate(query("users:me"), {}, (me: { subject: string } | null) =>
        subjects.push(me?.subject),
      );
      await eventually(() => subjects.at(-1) === "grace");
    }));
  it("accepts an issuer that is the deployment itself", async () => {
    const client = http();
    client.setAuth(await app.signOwnToken("me|session"));
    expect(await client.query(query("users:me"), {})).toMatchObject({
      subject: "me|session",
      name: "Own",
    });
  });
  it("refuses an expired token", async () => {
    const client = http();
    client.setAuth(await app.signToken("late", { expiresIn: "-1h" }));
    await expect(client.query(query("users:me"), {})).rejects.toThrow(
      /InvalidAuthHeader/,
    );
  });
});

describe("components", () => {
  it("limits rates", async () => {
    const taken: unknown[] = [];
    for (let call = 0; call < 3; call += 1)
      taken.push(await http().mutation(mutation("limits:take"), {}));
    expect(taken).toEqual([true, true, false]);
  });
});

describe("file storage", () => {
  it("stores an upload and serves it, whole and in part", async () => {
    const target = (await http().mutation(
      mutation("files:uploadUrl"),
      {},
    )) as string;
    const headers = { "content-type": "text/plain" };
    const upload = await fetch(target, {
      method: "POST",
      body: "0123456789",
      headers,
    });
    const { storageId } = (await upload.json()) as { storageId: string };
    const url = (await http().query(query("files:url"), {
      id: storageId,
    })) as string;
    const whole = await fetch(url);
    expect([await whole.text(), whole.headers.get("content-type")]).toEqual([
      "0123456789",
      "text/plain",
    ]);
    const part = await fetch(url, { headers: { range: "bytes=2-4" } });
    expect([
      part.status,
      await part.text(),
      part.headers.get("content-range"),
    ]).toEqual([206, "234", "bytes 2-4/10"]);
    expect(
      await http().query(query("files:metadata"), { id: storageId }),
    ).toMatchObject({ size: 10 });
  });
  it("refuses a forged token", async () => {
    const target = `${app.backend.url}/api/storage/upload?token=forged`;
    expect((await fetch(target, { method: "POST", body: "x" })).status).toBe(
      401,
    );
  });
});

describe("HTTP actions", () => {
  it("answer at the site origin and under /http", async () => {
    for (const origin of [app.backend.siteUrl, `${app.backend.url}/http`]) {
      const response = await fetch(`${origin}/echo`, {
        method: "POST",
        body: "hey",
      });
      expect([await response.text(), response.headers.get("x-echo")]).toEqual([
        "hey",
        "1",
      ]);
      expect(await (await fetch(`${origin}/count/a`)).json()).toMatchObject({
        path: "/count/a",
      });
    }
  });
  it("answer 404 without a route and 500 when they throw", async () => {
    expect((await fetch(`${app.backend.siteUrl}/nowhere`)).status).toBe(404);
    const failed = await fetch(`${app.backend.siteUrl}/fail`);
    expect(failed.status).toBe(500);
    expect(await failed.text()).toMatch(/on purpose/);
  });
});

describe("malformed input", () => {
  it("is answered and does not end the process", async () => {
    const { url } = app.backend;
    const post = (path: string, body: string) =>
      fetch(`${url}${path}`, { method: "POST", body });
    expect((await post("/api/query", "{")).status).toBe(400);
    expect((await post("/api/query", "[]")).status).toBe(400);
    expect(
      (await post("/api/deploy2/start_push", '{"adminKey":"wrong"}')).status,
    ).toBe(401);
    expect((await post("/api/nothing", "{}")).status).toBe(404);
    const socket = new WebSocket(
      `${url.replace("http", "ws")}/api/1.48.0/sync`,
    );
    const answer = await new Promise<string>((resolve) => {
      socket.onmessage = ({ data }) => resolve(String(data));
      socket.onopen = () => socket.send("not json");
    });
    expect(answer).toMatch(/FatalError/);
    expect((await fetch(`${url}/version`)).status).toBe(200);
  });
});
