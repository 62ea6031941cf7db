import {
  setImmediate as turn,
  setTimeout as pause,
} from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { bodyOf, failureOf, textOf } from "./testing/answering-server";
import {
  bothFetches,
  bytes,
  serve,
  serveBytes,
  until,
} from "./testing/both-fetches";
import { resolveNamesTo } from "./testing/names";

afterEach(() => void vi.restoreAllMocks());

describe.each(bothFetches)("a failure of %s", (_, send) => {
  it("to connect says why", async () => {
    const server = await serve((response) => response.end());
    const url = server.at();
    server.close();
    expect(await failureOf(send(url).answer)).toMatch(
      /^TypeError: fetch failed: connect ECONNREFUSED 127/,
    );
  });

  it("to connect to any address of a name says so", async () => {
    const server = await serve((response) => response.end());
    const url = server.at("/", "localhost");
    server.close();
    resolveNamesTo("::1", "127.0.0.1");
    await expect(send(url).answer).rejects.toMatchObject({
      message: "fetch failed",
      cause: { message: "", code: "ECONNREFUSED" },
    });
  });

  it("to find the host says why", async () => {
    const { answer } = send("http://nowhere.invalid/");
    expect(await failureOf(answer)).toMatch(
      /^TypeError: fetch failed: getaddrinfo \w+ nowhere\.invalid$/,
    );
  });

  it("of TLS says why", async () => {
    const server = await serve((response) => response.end());
    const { answer } = send(server.at().replace("http:", "https:"));
    expect(await failureOf(answer)).toMatch(
      /^TypeError: fetch failed: .*(SSL|packet length|wrong version)/,
    );
  });

  it("to answer is told, and nothing is sent twice", async () => {
    const server = await serve((response, { url }) =>
      url === "/ok" ? response.end() : response.destroy(),
    );
    await send(server.at("/ok")).answer.then(bodyOf);
    const given = { method: "POST", body: bytes("pay") };
    expect(await failureOf(send(server.at("/"), given).answer)).toBe(
      "TypeError: fetch failed: other side closed",
    );
    expect(server.asked).toHaveLength(2);
  });

  it("to end what was begun breaks the body off", async () => {
    const server = await serve((response) => {
      response.writeHead(200, { "content-length": "10" }).write("half");
      void pause(20).then(() => response.destroy());
    });
    const answer = await send(server.at()).answer;
    expect(await failureOf(bodyOf(answer))).toBe(
      "TypeError: terminated: other side closed",
    );
  });

  it("to speak HTTP says so", async () => {
    const port = await serveBytes((socket) =>
      socket.end("hello there\r\n\r\n"),
    );
    const { answer } = send(`http://127.0.0.1:${port}/`);
    expect(await failureOf(answer)).toMatch(
      /^TypeError: fetch failed: .*Expected HTTP/,
    );
  });
});

describe.each(bothFetches)("a connection of %s", (_, send) => {
  it("is used again, and does not keep the process", async () => {
    const server = await serve((response) => response.end("x"));
    const connected = () =>
      process
        .getActiveResourcesInfo()
        .filter((name) => name === "TCPSocketWrap").length;
    await textOf(send(server.at()));
    await turn();
    await textOf(send(server.at(), { method: "POST", body: bytes("x") }));
    await until(() => connected() <= server.sockets.size);
    expect(server.sockets.size).toBe(1);
    expect(server.asked[0]?.socket).toBe(server.asked[1]?.socket);
  });

  it("that the server closed meanwhile is made anew", async () => {
    const server = await serve((response) => response.end("x"));
    await textOf(send(server.at()));
    for (const socket of server.sockets) socket.end();
    await until(() => server.sockets.size === 0);
    const again = { method: "POST", body: bytes("x") };
    expect(await textOf(send(server.at(), again))).toBe("x");
  });

  it.each([
    ["::1", "[::1]"],
    ["127.0.0.1", "localhost"],
  ])("reaches %s by the name %s", async (address, name) => {
    const server = await serve((response) => response.end("here"), address);
    expect(await textOf(send(server.at("/", name)))).toBe("here");
  });

  it.each([
    ["::1", ["127.0.0.1", "::1"]],
    ["127.0.0.1", ["::1", "127.0.0.1"]],
  ])("reaches %s although the name leads to %j", async (address, found) => {
    const server = await serve((response) => response.end("here"), address);
    resolveNamesTo(...found);
    expect(await textOf(send(server.at("/", "localhost")))).toBe("here");
  });

  it("is closed when the request is given up", async () => {
    const server = await serve(() => {});
    const started = send(server.at());
    const failure = failureOf(started.answer);
    await until(() => server.asked.length === 1);
    started.abort();
    await failure;
    await until(() => server.sockets.size === 0);
  });

  it("is closed when the answer is given up", async () => {
    const server = await serve((response) => response.write("begin"));
    const started = send(server.at());
    await (await started.answer).body?.next();
    started.abort();
    await until(() => server.sockets.size === 0);
  });

  it("is not made for what was given up before", async () => {
    const server = await serve((response) => response.end());
    const started = send(server.at());
    started.abort();
    await failureOf(started.answer);
    expect(server.asked).toEqual([]);
  });

  it("waits for a slow reader", async () => {
    const total = 64 * 1024 * 1024;
    let written = 0;
    const server = await serve(async (response) => {
      const chunk = Buffer.alloc(256 * 1024);
      for (; written < total; written += chunk.length)
        if (!response.write(chunk))
          await new Promise((resolve) => response.once("drain", resolve));
      response.end();
    });
    const answer = await send(server.at()).answer;
    let before = -1;
    while (before !== written) {
      before = written;
      await pause(100);
    }
    expect(written).toBeLessThan(total / 2);
    expect((await bodyOf(answer)).byteLength).toBe(total);
  });
});
