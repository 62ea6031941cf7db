import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { serveTls } from "./fetch/testing/both-fetches";
import { resolveNamesTo } from "./fetch/testing/names";
import { HostFetches } from "./host-fetch";

let server: Server | null = null;
afterEach(() => {
  server?.close();
  vi.restoreAllMocks();
});

/** What the realm is told of one request, entry by entry; it asks for more as often as `pulls` says. */
async function told(
  answer: RequestListener,
  { pulls = 0 } = {},
): Promise<{ entries: string[][]; open: number }> {
  const url = await serve(answer);
  const entries: string[][] = [];
  const fetches = new HostFetches((work) => {
    entries.push([]);
    work();
  });
  const tell = (what: string) => entries.at(-1)?.push(what);
  const sink = {
    head: ({ status }: { status: number }) => tell(`head ${status}`),
    chunk: (bytes: Uint8Array) => tell(`chunk ${bytes.byteLength}`),
    end: () => tell("end"),
    fail: () => tell("fail"),
  };
  const request = { url, method: "GET", headers: [], body: null };
  const id = fetches.start({ ...request, redirect: "manual" }, sink);
  await until(() => entries.length > 0);
  for (let pull = 1; pull <= pulls; pull++) {
    fetches.pull(id);
    await until(() => entries.length > pull);
  }
  const open = fetches.count;
  fetches.abortAll();
  return { entries, open };
}

async function serve(answer: RequestListener): Promise<string> {
  const made = createServer(answer);
  server = made;
  await new Promise<void>((resolve) =>
    made.listen(0, "127.0.0.1", () => resolve()),
  );
  return `http://127.0.0.1:${(made.address() as AddressInfo).port}/`;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await pause(1);
}

describe("an answer", () => {
  it("that is short enters its realm once", async () => {
    const { entries, open } = await told((_, response) =>
      response.end("short"),
    );
    expect(entries).toEqual([["head 200", "chunk 5", "end"]]);
    expect(open).toBe(0);
  });

  it("without a body enters its realm once", async () => {
    const { entries, open } = await told((_, response) =>
      response.writeHead(204).end(),
    );
    expect(entries).toEqual([["head 204", "end"]]);
    expect(open).toBe(0);
  });

  it("that dawdles is told bit by bit, as it is asked for", async () => {
    const { entries, open } = await told(
      (_, response) => {
        response.writeHead(200).flushHeaders();
        setTimeout(() => response.write("first"), 50);
        setTimeout(() => response.end("second"), 150);
      },
      { pulls: 3 },
    );
    expect(entries).toEqual([["head 200"], ["chunk 5"], ["chunk 6"], ["end"]]);
    expect(open).toBe(0);
  });

  it("that breaks off fails when more is asked for", async () => {
    const { entries, open } = await told(
      (_, response) => {
        response.writeHead(200, { "content-length": "10" }).write("half");
        setTimeout(() => response.destroy(), 50);
      },
      { pulls: 1 },
    );
    expect(entries.flat()).toEqual(["head 200", "chunk 4", "fail"]);
    expect(open).toBe(0);
  });

  it("that is long waits to be asked for its rest", async () => {
    const { entries, open } = await told((_, response) =>
      response.end("x".repeat(1024 * 1024)),
    );
    expect(entries).toHaveLength(1);
    expect(entries.flat()).not.toContain("end");
    expect(open).toBe(1);
  });
});

/** How it ended: the text of its body, or of what went wrong. */
function outcomeOf(url: string): Promise<string> {
  const fetches = new HostFetches((work) => work());
  const chunks: Uint8Array[] = [];
  return new Promise((resolve) => {
    const sink = {
      head: () => {},
      chunk: (bytes: Uint8Array) => void chunks.push(bytes),
      end: () => resolve(Buffer.concat(chunks).toString()),
      fail: resolve,
    };
    const request = { url, method: "GET", headers: [], body: null };
    fetches.start({ ...request, redirect: "follow" }, sink);
  });
}

describe("a request", () => {
  it.each([
    ["data:,text", "text"],
    ["about:blank", "fetch failed: about scheme is not supported"],
    ["http://127.0.0.1:25/", "fetch failed: bad port"],
    [
      "http://a:b@127.0.0.1/",
      "Request cannot be constructed from a URL that includes credentials: http://a:b@127.0.0.1/",
    ],
    ["http://127.0.0.1:2/", "fetch failed: connect ECONNREFUSED 127.0.0.1:2"],
    ["here", "Failed to parse URL from here: Invalid URL"],
  ])("to %s ends with %s", async (url, outcome) => {
    expect(await outcomeOf(url)).toBe(outcome);
  });

  it("to a name of which no address can be reached ends with a reason", async () => {
    resolveNamesTo("::1", "127.0.0.1");
    expect(await outcomeOf("http://localhost:2/")).toBe(
      "fetch failed: ECONNREFUSED",
    );
  });

  it("to a server that nobody vouches for ends with a reason", async () => {
    const unknown = await serveTls((response) => response.end(), "unknown");
    expect(await outcomeOf(unknown.at())).toBe(
      "fetch failed: self-signed certificate",
    );
  });

  it("ends with its action", async () => {
    const open = new Set<unknown>();
    let asked = 0;
    const url = await serve(() => void asked++);
    server?.on("connection", (socket) => {
      open.add(socket);
      socket.on("close", () => open.delete(socket));
    });
    const fetches = new HostFetches((work) => work());
    const tell = () => {
      throw new Error("Nobody is there to be told");
    };
    const sink = { head: tell, chunk: tell, end: tell, fail: tell };
    const request = { url, method: "GET", headers: [], body: null };
    fetches.start({ ...request, redirect: "follow" }, sink);
    await until(() => asked === 1);
    fetches.abortAll();
    await until(() => open.size === 0);
    expect(fetches.count).toBe(0);
  });
});
