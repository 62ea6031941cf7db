/** More than a sync socket is for: messages, results and peers in masses, while somebody else works undisturbed. */
import { ConvexClient } from "convex/browser";
import { makeFunctionReference } from "convex/server";
import { describe, expect, it } from "vitest";
import { ofType, type Received } from "./support/raw-socket";
import { useFuzzGround } from "./support/fuzz-ground";
import { add, call, querySet, connected } from "./support/socket-messages";

const MIB = 1024 * 1024;
const ground = useFuzzGround();

describe("much at once", () => {
  const numbered = (count: number) =>
    Array.from({ length: count }, (_, n) => add(n, "messages:numbered", { n }));

  it("ten thousand queries in one message are answered together, and nobody waits for them", async () => {
    const socket = await connected(ground.backend);
    socket.send(querySet(numbered(10_000)));
    const bystander = await connected(ground.backend);
    bystander.send(call("messages:keep", { value: 1 }));
    await bystander.next(ofType("MutationResponse"));
    expect(socket.received.filter(ofType("Transition"))).toEqual([]);
    const transition = await socket.next(ofType("Transition"), 60_000);
    const updates = transition["modifications"] as {
      queryId: number;
      value: number;
    }[];
    expect(updates).toHaveLength(10_000);
    expect(updates.every(({ queryId, value }) => queryId === value)).toBe(true);
    for (const each of [socket, bystander]) each.socket.close();
  });

  it("more than twenty thousand are refused", async () => {
    const socket = await connected(ground.backend);
    socket.send(querySet(numbered(20_001)));
    expect((await socket.next(ofType("FatalError")))["error"]).toMatch(
      /^TooManyQueries/,
    );
  });

  it("results of more than 64 MiB for one connection are refused", async () => {
    const socket = await connected(ground.backend);
    const queries = Array.from({ length: 10 }, (_, n) =>
      add(n, "messages:large", { megabytes: 8, n }),
    );
    socket.send(querySet(queries));
    expect((await socket.next(ofType("FatalError")))["error"]).toMatch(
      /^TransitionTooLarge/,
    );
  });

  it("a thousand and one mutations without waiting for answers are refused as too many", async () => {
    const socket = await connected(ground.backend);
    for (let requestId = 0; requestId < 5000; requestId += 1)
      socket.send({ ...call("messages:keep", { value: 1 }), requestId });
    expect(await socket.closed).toEqual({
      code: 1013,
      reason: "TooManyConcurrentMutations",
    });
  });

  it("calls with large arguments wait with the sender", async () => {
    const before = ground.backend.residentMegabytes();
    const socket = await connected(ground.backend);
    const value = "x".repeat(900_000);
    const count = 100;
    for (let requestId = 0; requestId < count; requestId += 1)
      socket.send({
        ...call("work:sleep", { ms: 1, value }),
        type: "Action",
        requestId,
      });
    await socket.next(({ requestId }) => requestId === count - 1, 60_000);
    expect(ground.backend.residentMegabytes() - before).toBeLessThan(500);
    socket.socket.close();
  });

  it("a thousand sockets are a few megabytes", async () => {
    const before = ground.backend.residentMegabytes();
    const sockets = await Promise.all(
      Array.from({ length: 1000 }, () => connected(ground.backend)),
    );
    for (const socket of sockets)
      socket.send(querySet([add(0, "messages:numbered", { n: 1 })]));
    await Promise.all(
      sockets.map((socket) => socket.next(ofType("Transition"), 60_000)),
    );
    expect(ground.backend.residentMegabytes() - before).toBeLessThan(250);
    for (const { socket } of sockets) socket.terminate();
  });
});

describe("large transitions", () => {
  const large = { megabytes: 12 };

  it("come in chunks that the client puts together", async () => {
    const client = new ConvexClient(ground.backend.url, { logger: false });
    const length = await new Promise<number>((resolve, reject) => {
      client.onUpdate(
        makeFunctionReference<"query">("messages:large"),
        large,
        (text: string) => resolve(text.length),
        reject,
      );
    });
    expect(length).toBe(12 * MIB);
    await client.close();
  });

  it("come in order and are each small, and whole for who does not know chunks", async () => {
    const modern = await connected(ground.backend);
    const ancient = await connected(ground.backend, "/api/1.16.0/sync");
    for (const socket of [modern, ancient])
      socket.send(querySet([add(0, "messages:large", large)]));
    const whole = await ancient.next(ofType("Transition"));
    await modern.next((message) => message["partNumber"] === 2);
    const chunks = modern.received.filter(ofType("TransitionChunk"));
    expect(
      chunks.map(({ partNumber, totalParts }) => [partNumber, totalParts]),
    ).toEqual([
      [0, 3],
      [1, 3],
      [2, 3],
    ]);
    const joined = JSON.parse(
      chunks.map(({ chunk }) => chunk).join(""),
    ) as Received;
    expect(joined["modifications"]).toEqual(whole["modifications"]);
    for (const each of [modern, ancient]) each.socket.close();
  });
});

describe("peers that do not read", () => {
  it("cost a bounded amount of memory, and are let go when more piles up", async () => {
    const before = ground.backend.residentMegabytes();
    const slow = await Promise.all(
      Array.from({ length: 6 }, () => connected(ground.backend)),
    );
    for (const { socket } of slow) socket.pause();
    for (const [n, socket] of slow.entries())
      for (let requestId = 0; requestId < 100; requestId += 1)
        socket.send({
          ...call("messages:large", { megabytes: 2, n }),
          type: "Action",
          requestId,
        });
    for (const socket of slow)
      for (let version = 0; version < 20; version += 1)
        socket.send(
          querySet(
            [add(version, "messages:large", { megabytes: 2, n: version })],
            version,
          ),
        );
    await new Promise((resolve) => setTimeout(resolve, 4000));
    expect(ground.backend.residentMegabytes() - before).toBeLessThan(900);
    for (const { socket } of slow) socket.terminate();
  });
});
