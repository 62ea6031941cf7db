import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  vi,
} from "vitest";
import {
  type AnsweringServer,
  json,
  startAnsweringServer,
} from "../../tests/support/answering-server";
import { guardedFetch, MAX_BODY_BYTES } from "./guardedFetch";

let server: AnsweringServer;
let elsewhere: AnsweringServer;
beforeAll(async () => {
  server = await startAnsweringServer();
  elsewhere = await startAnsweringServer();
});
afterAll(async () => {
  await server.close();
  await elsewhere.close();
  vi.unstubAllEnvs();
});
beforeEach(() => {
  server.reset();
  elsewhere.reset();
  allow(server, elsewhere);
});

const allow = (...servers: AnsweringServer[]) =>
  vi.stubEnv(
    "ALLOW_PRIVATE_NETWORK",
    servers.map(({ port }) => `127.0.0.1:${port}`).join(","),
  );

function get(url: string, change: object = {}) {
  return guardedFetch(
    { url, method: "GET", headers: {}, body: null, ...change },
    AbortSignal.timeout(10_000),
  );
}

const redirectTo =
  (location: string, status = 302): AnsweringServer["answer"] =>
  ({ path }, response) =>
    path === "/start"
      ? void response.writeHead(status, { location }).end("moved")
      : json(response, { path });

describe("a guarded request", () => {
  it("gives status, headers and text", async () => {
    server.answer = (_, response) =>
      json(response, { a: "ü" }, 201, { "X-Trace": "7" });
    expect(await get(`${server.origin}/x`)).toMatchObject({
      url: `${server.origin}/x`,
      status: 201,
      statusText: "Created",
      headers: { "x-trace": "7", "content-type": "application/json" },
      text: '{"a":"ü"}',
    });
  });

  it("to a private address that is not allowed is refused without being sent", async () => {
    vi.stubEnv("ALLOW_PRIVATE_NETWORK", "");
    await expect(get(server.origin)).rejects.toMatchObject({
      code: "refused_address",
    });
    expect(server.asked).toEqual([]);
  });

  it.each(["nonsense", "/orders", "http://", ""])(
    "to %j is refused as no address",
    async (url) => {
      await expect(get(url)).rejects.toMatchObject({ code: "invalid_request" });
    },
  );

  it.each([
    { headers: { "bad name": "x" } },
    { headers: { "x-a": "a\nb" } },
    { method: "TRACE" },
    { method: "NO SUCH" },
  ])("that cannot be sent is refused: %j", async (change) => {
    await expect(get(server.origin, change)).rejects.toMatchObject({
      code: "invalid_request",
    });
    expect(server.asked).toEqual([]);
  });
});

describe("a redirect", () => {
  it("to a private address that is not allowed is refused without being followed", async () => {
    allow(server);
    server.answer = redirectTo(`${elsewhere.origin}/secret`);
    await expect(get(`${server.origin}/start`)).rejects.toMatchObject({
      code: "refused_address",
    });
    expect(elsewhere.asked).toEqual([]);
  });

  it.each([
    "http://169.254.169.254/latest/meta-data",
    "file:///etc/passwd",
    "http://[::ffff:7f00:1]/",
    "http://user:pass@example.com/",
  ])("to %s is refused", async (location) => {
    server.answer = redirectTo(location);
    await expect(get(`${server.origin}/start`)).rejects.toMatchObject({
      code: "refused_address",
    });
  });

  it("within the host keeps credentials, and a relative one is resolved", async () => {
    server.answer = redirectTo("/next");
    const headers = { Authorization: "Bearer t" };
    const { url } = await get(`${server.origin}/start`, { headers });
    expect(url).toBe(`${server.origin}/next`);
    expect(server.asked[1]?.headers["authorization"]).toBe("Bearer t");
  });

  it("to another host drops credentials and keeps the rest", async () => {
    server.answer = redirectTo(`${elsewhere.origin}/next`);
    await get(`${server.origin}/start`, {
      headers: { Authorization: "Bearer t", COOKIE: "a=1", "x-trace": "7" },
    });
    const headers = elsewhere.asked[0]?.headers;
    expect(headers).toMatchObject({ "x-trace": "7" });
    expect(headers).not.toHaveProperty("authorization");
    expect(headers).not.toHaveProperty("cookie");
  });

  it.each([
    [301, "GET", ""],
    [302, "GET", ""],
    [303, "GET", ""],
    [307, "POST", "hello"],
    [308, "POST", "hello"],
  ])("with %i of a POST becomes a %s", async (status, method, body) => {
    server.answer = redirectTo("/next", status);
    await get(`${server.origin}/start`, { method: "POST", body: "hello" });
    expect(server.asked[1]).toMatchObject({ method, body });
  });

  it("without end is refused", async () => {
    server.answer = (_, response) =>
      void response.writeHead(302, { location: "/again" }).end();
    await expect(get(server.origin)).rejects.toMatchObject({
      code: "too_many_redirects",
    });
    expect(server.asked).toHaveLength(6);
  });

  it("without a location is an answer like any other", async () => {
    server.answer = (_, response) => void response.writeHead(304).end();
    expect((await get(server.origin)).status).toBe(304);
  });
});

describe("an answer that is too large", () => {
  it("is refused by what it announces", async () => {
    server.answer = (_, response) => {
      response.writeHead(200, { "content-length": 50 * 1024 * 1024 });
      response.write("x");
    };
    await expect(get(server.origin)).rejects.toMatchObject({
      code: "payload_too_large",
      message: expect.stringContaining("50 MiB"),
    });
  });

  it("is cut off when it announces nothing", async () => {
    server.answer = (_, response) => {
      const chunk = Buffer.alloc(1024 * 1024, "x");
      const more = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on("drain", more);
      more();
    };
    await expect(get(server.origin)).rejects.toMatchObject({
      code: "payload_too_large",
    });
    await server.until(() => server.open === 0);
    expect(server.asked[0]?.aborted).toBe(true);
  });

  it("is taken when it is just not too large", async () => {
    server.answer = (_, response) =>
      void response.end(Buffer.alloc(MAX_BODY_BYTES, "x"));
    expect((await get(server.origin)).text).toHaveLength(MAX_BODY_BYTES);
  });
});
