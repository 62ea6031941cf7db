import { readdirSync } from "node:fs";
import { join } from "node:path";
import { ConvexClient, ConvexHttpClient } from "convex/browser";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { api } from "../support/crash/app/api";
import { bundleApp, startPush } from "../support/crash/push";
import { mountSmallDisk, type SmallDisk } from "../support/small-disk";
import { startBackend, type CrashableBackend } from "../support/start-backend";

const FULL = /The server's disk is full, so nothing of this was saved/;
/** In a row, over both ways. */
const REFUSALS = 20;
const MOST_TRIES = 6000;
const lane = "disk";

const disk = mountSmallDisk(12);

describe.skipIf(disk === null)("a disk that refuses writes", () => {
  let backend: CrashableBackend;
  let http: ConvexHttpClient;
  let socket: ConvexClient;
  let written = 0;

  beforeAll(async () => {
    backend = await startBackend({ parentFolder: mounted().folder });
    await (
      await startPush(backend, await bundleApp(), "v1")
    )();
    http = new ConvexHttpClient(backend.url, { logger: false });
    socket = new ConvexClient(backend.url, { logger: false });
  });

  afterAll(async () => {
    await socket?.close();
    await backend?.stop();
    disk?.remove();
  });

  function mounted(): SmallDisk {
    if (disk === null) throw new Error("there is no small disk");
    return disk;
  }

  async function write(
    client: ConvexHttpClient | ConvexClient,
    options: { follows?: number } = {},
  ): Promise<void> {
    const n = (written += 1);
    const entry = { lane, n, follows: options.follows ?? 0, acts: false };
    await client.mutation(api.ledger.write, entry);
  }

  async function traces() {
    return http.query(api.audit.traces, { lane, from: 1, to: written });
  }

  async function numbersThere(): Promise<number[]> {
    return (await traces()).lefts.map(({ n }) => n);
  }

  /** Fills the disk and writes until that is refused over both ways; what is short may still fit where longer does not. */
  async function writeUntilRefused(): Promise<number[]> {
    mounted().fill();
    const acknowledged: number[] = [];
    for (let tries = 0, refused = 0; refused < REFUSALS; tries += 1) {
      if (tries === MOST_TRIES) throw new Error("the disk never was full");
      const client = tries % 2 === 0 ? http : socket;
      const error = await failureOf(write(client, { follows: 1 }));
      if (error === null) acknowledged.push(written);
      else expect(error).toMatch(FULL);
      refused = error === null ? 0 : refused + 1;
    }
    return acknowledged;
  }

  it("fails mutations with a clear error while queries go on, and the same process goes on once there is space", async () => {
    await write(socket);
    const acknowledged = await writeUntilRefused();
    expect(await numbersThere()).toEqual([1, ...acknowledged]);
    expect(backend.output()).toMatch(/The disk that holds .* is full/);

    mounted().free();
    await write(socket);
    await write(http);
    const expected = [1, ...acknowledged, written - 1, written];
    expect(await numbersThere()).toEqual(expected);
    await expect
      .poll(async () => (await traces()).follows.length, { timeout: 15_000 })
      .toBe(acknowledged.length);
  });

  it("refuses a file that does not fit, and keeps nothing of it", async () => {
    const url = await http.mutation(api.ledger.uploadUrl, {});
    const upload = (megabytes: number) =>
      fetch(url, { method: "POST", body: Buffer.alloc(megabytes << 20, 1) });
    const folder = join(backend.dataFolder, "files");
    const stored = () =>
      readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
        (entry) => entry.isFile(),
      );
    const refused = await upload(20);
    expect([refused.status, await refused.text()]).toEqual([
      507,
      expect.stringMatching(FULL),
    ]);
    expect(stored()).toEqual([]);
    expect((await upload(1)).status).toBe(200);
    expect(stored()).toHaveLength(1);
  });

  it("opens on a full disk what is there, and a kill -9 then loses nothing", async () => {
    const before = await numbersThere();
    const acknowledged = await writeUntilRefused();
    await backend.kill();
    await backend.restart();
    expect(await numbersThere()).toEqual([...before, ...acknowledged]);
    const afterwards = await writeUntilRefused();
    mounted().free();
    await write(http);
    expect(await numbersThere()).toEqual([
      ...before,
      ...acknowledged,
      ...afterwards,
      written,
    ]);
  });

  it("says what to do when it is read-only, and opens when it is not", async () => {
    const before = await numbersThere();
    await backend.kill();
    mounted().remount("ro");
    await expect(backend.restart()).rejects.toThrow(
      /cannot be written; allow writing/,
    );
    mounted().remount("rw");
    await backend.restart();
    await write(http);
    expect(await numbersThere()).toEqual([...before, written]);
  });
});

async function failureOf(work: Promise<void>): Promise<string | null> {
  return await work.then(
    () => null,
    (error: unknown) => String(error),
  );
}
