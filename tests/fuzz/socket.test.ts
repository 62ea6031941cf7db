/** Everything a peer should not do on a sync socket, while somebody else works undisturbed. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { ofType, RawSocket, type Received } from "./support/raw-socket";
import { useFuzzGround } from "./support/fuzz-ground";
import {
  add,
  call,
  CONNECT,
  querySet,
  connected,
} from "./support/socket-messages";

const SEED = 20_261_121;
const MIB = 1024 * 1024;
const ground = useFuzzGround();

describe("messages", () => {
  const invalid = "WSMessageInvalidJson";
  it.each<[string, unknown[], string]>([
    ["no JSON", ["{"], invalid],
    ["nothing", [""], invalid],
    ["no object", ["[]"], invalid],
    ["an unknown type", [{ type: "Hello" }], invalid],
    ["a missing field", [{ type: "Connect" }], invalid],
    ["a wrong type", [{ ...CONNECT, connectionCount: "0" }], invalid],
    [
      "a session id of a megabyte",
      [{ ...CONNECT, sessionId: "s".repeat(MIB) }],
      invalid,
    ],
    [
      "a timestamp that is none",
      [{ ...CONNECT, maxObservedTimestamp: "x" }],
      invalid,
    ],
    ["Connect twice", [CONNECT, CONNECT], "DuplicateConnect"],
    ["brackets without end", ["[".repeat(200_000)], invalid],
    [
      "deep arguments",
      [
        CONNECT,
        `{"type":"Mutation","requestId":0,"udfPath":"messages:keep","args":[{"value":${"[".repeat(9999)}${"]".repeat(9999)}}]}`,
      ],
      invalid,
    ],
    ["an older query set", [CONNECT, querySet([], 7)], "BaseVersionMismatch"],
    [
      "a query set that goes back",
      [CONNECT, { ...querySet([]), newVersion: 0 }],
      "BaseVersionMismatch",
    ],
    [
      "an older identity",
      [CONNECT, { type: "Authenticate", baseVersion: 3, tokenType: "None" }],
      "BaseVersionMismatch",
    ],
    [
      "a request id too large",
      [CONNECT, { ...call("a:b"), requestId: 2 ** 40 }],
      invalid,
    ],
    [
      "a query id that is none",
      [CONNECT, querySet([{ ...add(0, "a:b"), queryId: -1 }])],
      invalid,
    ],
  ])(
    "that are %s end the connection with a word",
    async (_what, messages, code) => {
      const socket = await RawSocket.open(ground.backend);
      for (const message of messages) socket.send(message);
      const last = await socket.next(ofType("FatalError"));
      expect(last["error"]).toMatch(new RegExp(`^${code}: .`));
      expect(JSON.stringify(last)).not.toMatch(/\\n\s+at |node:internal/);
      expect((await socket.closed).code).toBe(1000);
    },
  );

  it.each<[string, unknown[], number, string]>([
    [
      "removing what is not there",
      [querySet([{ type: "Remove", queryId: 5 }])],
      1011,
      "InternalServerError",
    ],
    [
      "adding twice",
      [querySet([add(1, "a:b"), add(1, "a:b")])],
      1011,
      "InternalServerError",
    ],
    [
      "a function of a component",
      [{ ...call("a:b"), componentPath: "limiter" }],
      1000,
      "Forbidden",
    ],
  ])(
    "by %s are closed with a code clients know",
    async (_what, messages, code, reason) => {
      const socket = await connected(ground.backend);
      for (const message of messages) socket.send(message);
      expect(await socket.closed).toEqual({ code, reason });
    },
  );

  it.each([
    ["a call", call("messages:send", { body: "x" })],
    ["a query", querySet([])],
    ["a token", { type: "Authenticate", baseVersion: 0, tokenType: "None" }],
  ])(
    "with %s before Connect are closed, so that clients open them again",
    async (_what, message) => {
      const socket = await RawSocket.open(ground.backend);
      socket.send(message);
      expect(await socket.closed).toEqual({
        code: 1000,
        reason: "NotConnected",
      });
    },
  );

  it("from a later life of the database are closed as an internal error", async () => {
    const socket = await RawSocket.open(ground.backend);
    socket.send({
      ...CONNECT,
      maxObservedTimestamp: "////////////".slice(0, 11) + "=",
    });
    expect((await socket.closed).code).toBe(1011);
  });

  it("that are bytes are refused", async () => {
    const socket = await connected(ground.backend);
    socket.socket.send(Buffer.from([1, 2, 3]));
    expect(await socket.next(ofType("FatalError"))).toBeDefined();
  });

  it("beyond 32 MiB close the connection", async () => {
    const socket = await connected(ground.backend);
    socket.socket.send(`"${"x".repeat(33 * MIB)}"`);
    expect([1006, 1009]).toContain((await socket.closed).code);
  });

  it.each([
    { tokenType: "User", value: "not.a.token" },
    {
      tokenType: "User",
      value:
        "eyJhbGciOiJub25lIn0.eyJpc3MiOiJ4Iiwic3ViIjoieSIsImV4cCI6OTk5OTk5OTk5OX0.",
    },
    { tokenType: "User" },
    { tokenType: "Admin", value: "lockstep|guess" },
    { tokenType: "Admin", value: "" },
  ])("with a token that proves nothing get an AuthError: %j", async (token) => {
    const socket = await connected(ground.backend);
    socket.send({ type: "Authenticate", baseVersion: 0, ...token });
    socket.send(querySet([add(0, "messages:list")]));
    expect(await socket.next(ofType("AuthError"))).toMatchObject({
      baseVersion: 0,
      authUpdateAttempted: true,
    });
    await socket.closed;
    expect(socket.received.filter(ofType("Transition"))).toEqual([]);
  });

  it("about functions that do not exist are answered", async () => {
    const socket = await connected(ground.backend);
    socket.send(
      querySet([add(0, "no:such"), add(1, "__proto__:x"), add(2, "")]),
    );
    socket.send(call("messages:constructor"));
    const answer = await socket.next(ofType("MutationResponse"));
    expect(answer).toMatchObject({ success: false });
    const transition = await socket.next(ofType("Transition"));
    const kinds = (transition["modifications"] as Received[]).map(
      ({ type }) => type,
    );
    expect(kinds).toEqual(["QueryFailed", "QueryFailed", "QueryFailed"]);
    socket.socket.close();
  });
});

describe("any messages", () => {
  const versions = fc.integer({ min: -1, max: 4 });
  const id = fc.integer({ min: -1, max: 5 });
  const path = fc.oneof(
    fc.constantFrom(
      "messages:list",
      "messages:keep",
      "messages:any",
      "messages:find",
      "work:sleep",
      "_system/cli/tables",
      "x",
    ),
    fc.string(),
  );
  const args = fc.oneof(
    fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 2 }),
    fc.record({ value: fc.jsonValue({ maxDepth: 3 }) }).map((value) => [value]),
  );
  const modification = fc.oneof(
    fc.record({ type: fc.constant("Add"), queryId: id, udfPath: path, args }),
    fc.record({ type: fc.constant("Remove"), queryId: id }),
  );
  const message = fc.oneof(
    fc.record({
      type: fc.constant("ModifyQuerySet"),
      baseVersion: versions,
      newVersion: versions,
      modifications: fc.array(modification, { maxLength: 4 }),
    }),
    fc.record({
      type: fc.constantFrom("Mutation", "Action"),
      requestId: id,
      udfPath: path,
      args,
    }),
    fc.record({
      type: fc.constant("Authenticate"),
      baseVersion: versions,
      tokenType: fc.constantFrom("None", "User", "Admin", "Root"),
      value: fc.string(),
    }),
    fc.record({
      type: fc.constant("Event"),
      eventType: fc.string(),
      event: fc.jsonValue(),
    }),
    fc.record({
      type: fc.constant("Connect"),
      sessionId: fc.string(),
      connectionCount: fc.integer(),
    }),
    fc.jsonValue(),
  );

  it("are answered or end the connection with a reason; the process stays", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { minLength: 1, maxLength: 8 }),
        fc.boolean(),
        async (messages, connectsFirst) => {
          const socket = await RawSocket.open(ground.backend);
          if (connectsFirst) socket.connect();
          for (const each of messages) socket.send(each);
          await settled(socket);
          const said = JSON.stringify(socket.received);
          expect(said).not.toMatch(/node:internal|\/embedded\//);
          socket.socket.terminate();
        },
      ),
      { seed: SEED, numRuns: 150, interruptAfterTimeLimit: 45_000 },
    );
  });

  /** Closed, or having answered a last harmless question. */
  async function settled(socket: RawSocket): Promise<void> {
    const requestId = 4_000_000_000;
    if (socket.socket.readyState === WebSocket.OPEN)
      socket.send({ ...call("messages:nothing"), requestId });
    const answered = socket.next(
      (message) => message["requestId"] === requestId,
    );
    await Promise.race([socket.closed, answered.catch(() => undefined)]);
    const isClosed = socket.socket.readyState !== WebSocket.OPEN;
    const hasAnswer = socket.received.some(
      (message) => message["requestId"] === requestId,
    );
    expect(isClosed || hasAnswer).toBe(true);
  }
});
