import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import Sqlite from "better-sqlite3";
import { convexToJson } from "convex/values";
import yazl from "yazl";
import { describe, expect, it } from "vitest";
import type { Backend } from "../../backend";
import { schemaWith } from "../../database/testing/test-database";
import type { DocumentJson } from "../../database/types";
import type { FileStore } from "../../runtime/files/file-store";
import { encodeId } from "../../values/document-id";
import {
  ask,
  call,
  documentsOf,
  exported,
  fill,
  imported,
  JSON_LINES,
  numbers,
  useBackends,
  ZIPPED,
} from "./testing/snapshot-backend";

const start = useBackends();

function linesOf(zip: Map<string, Buffer>, path: string): string[] {
  const text = zip.get(path)?.toString("utf8") ?? "";
  return text.split("\n").filter((line) => line !== "");
}

describe("a snapshot", () => {
  const special = {
    int: convexToJson(-5n),
    bytes: convexToJson(new Uint8Array([0, 255]).buffer),
    nan: convexToJson(NaN),
    zero: convexToJson(-0),
    deep: { list: [1, null, true, "\u2028 ü"] },
  };

  async function filled(): Promise<Backend> {
    const backend = await start();
    const [a = ""] = await fill(backend, [special, { n: 0.1 }]);
    await fill(backend, [{ ref: a }], "later");
    await fill(backend, [{ n: 1 }], "inner", "one/two");
    await fill(backend, [{ n: 2 }], "t", "one");
    for (const type of ["text/plain", "application/x-own"])
      await store(backend, type);
    return backend;
  }

  it("restores into an empty deployment, byte for byte", async () => {
    const first = await exported(await filled());
    const empty = await start();
    // Tables that a push has made before may have taken the numbers.
    empty.database.applySchemas(
      new Map([["", schemaWith({ aaa: {}, later: {}, t: {} })]]),
    );
    await imported(empty, await rezipped(first), ZIPPED);
    const second = await exported(empty);
    for (const [path, bytes] of first)
      if (path !== "_tables/documents.jsonl")
        expect([path, second.get(path)?.toString("latin1")]).toEqual([
          path,
          bytes.toString("latin1"),
        ]);
    expect(linesOf(second, "_tables/documents.jsonl")).toEqual(
      expect.arrayContaining(linesOf(first, "_tables/documents.jsonl")),
    );
  });
  it("has Convex's layout", async () => {
    const zip = await exported(await filled());
    const [plain, other] = linesOf(zip, "_storage/documents.jsonl")
      .map((line) => JSON.parse(line) as { _id: string; contentType: string })
      .sort((left, right) => (left.contentType < right.contentType ? 1 : -1));
    expect([...zip.keys()].sort()).toEqual(
      [
        "README.md",
        "_components/one/_components/two/_tables/documents.jsonl",
        "_components/one/_components/two/inner/documents.jsonl",
        "_components/one/_components/two/inner/generated_schema.jsonl",
        "_components/one/_tables/documents.jsonl",
        "_components/one/t/documents.jsonl",
        "_components/one/t/generated_schema.jsonl",
        `_storage/${plain?._id}.txt`,
        `_storage/${other?._id}`,
        "_storage/documents.jsonl",
        "_tables/documents.jsonl",
        "later/documents.jsonl",
        "later/generated_schema.jsonl",
        "t/documents.jsonl",
        "t/generated_schema.jsonl",
      ].sort(),
    );
    expect(linesOf(zip, "_tables/documents.jsonl")).toEqual([
      '{"name":"t","id":10001}',
      '{"name":"later","id":10002}',
    ]);
  });
  it("replaces what is there, files too, and the rest with replaceAll", async () => {
    const source = await filled();
    const zip = await rezipped(await exported(source));
    await fill(source, [{ n: 7 }]);
    await fill(source, [{ n: 7 }], "extra");
    await expect(imported(source, zip, ZIPPED)).rejects.toThrow(
      /^Table \w+ already exists. Please choose a new table name or use replace\/append modes.$/,
    );
    await imported(source, zip, { ...ZIPPED, mode: "replace" });
    expect(numbers(source)).toEqual([undefined, 0.1]);
    expect(numbers(source, "extra")).toEqual([7]);
    await imported(source, zip, { ...ZIPPED, mode: "replaceAll" });
    expect(numbers(source, "extra")).toEqual([]);
    const before = await exported(await filled());
    expect([...(await exported(source)).keys()].length).toBe(before.size + 2);
  });
  it("of another deployment brings its files, whatever table number their ids have", async () => {
    const backend = await start();
    const internalId = new Uint8Array(16).fill(7);
    const foreign = encodeId(10_099, internalId);
    const own = encodeId(514, internalId);
    const zip = new Map([
      [
        "_storage/documents.jsonl",
        JSON.stringify({ _id: foreign, contentType: "text/plain" }),
      ],
      [`_storage/${foreign}.txt`, "stored"],
      ["t/documents.jsonl", JSON.stringify({ files: [foreign], n: 1 })],
    ]);
    await imported(backend, await rezipped(zip), ZIPPED);
    expect(documentsOf(backend, "t")[0]?.["files"]).toEqual([own]);
    const file = backend.runtime.files.openById("", own);
    expect(await new Response(file?.read()).text()).toBe("stored");
    expect(file?.contentType).toBe("text/plain");
  });
  it("that was being imported when the process died leaves nothing behind", async () => {
    const dataFolder = mkdtempSync(join(tmpdir(), "snapshots-"));
    const place = {
      component: "",
      name: "t",
      number: 10_001,
      mode: "replace",
    } as const;
    const first = await start(dataFolder);
    await fill(first, [{ n: 1 }]);
    const tables = first.database.importTables();
    await tables.stage(place);
    await tables.insert(place, [{ n: 2 }, { n: 3 }]);
    await first.close();
    const second = await start(dataFolder);
    expect(numbers(second)).toEqual([1]);
    await imported(second, '{"n":4}', { ...JSON_LINES, mode: "replace" });
    await imported(second, '{"n":5}', { ...JSON_LINES, mode: "append" });
    await second.close();
    const file = new Sqlite(join(dataFolder, "database.sqlite"));
    const left = file
      .prepare("SELECT json FROM documents WHERE json LIKE '{\"n\"%'")
      .pluck()
      .all();
    expect(
      left.map((json) => (JSON.parse(String(json)) as DocumentJson)["n"]),
    ).toEqual([4, 5]);
    file.close();
    rmSync(dataFolder, { recursive: true });
  });
  it("that was being exported when the process died has failed, and its file goes", async () => {
    const dataFolder = mkdtempSync(join(tmpdir(), "snapshots-"));
    const first = await start(dataFolder);
    await first.database.write((tx) =>
      tx.system.insert("", "_exports", { state: "in_progress" }),
    );
    mkdirSync(join(dataFolder, "exports"));
    writeFileSync(join(dataFolder, "exports/1.zip.unfinished"), "half");
    await first.close();
    const second = await start(dataFolder);
    expect(await ask(second, "exports:getLatest")).toMatchObject({
      state: "failed",
    });
    expect(readdirSync(join(dataFolder, "exports"))).toEqual([]);
    await exported(second);
    expect(readdirSync(join(dataFolder, "exports"))).toHaveLength(1);
    await second.close();
    rmSync(dataFolder, { recursive: true });
  });
  it("that is being exported lets others write meanwhile", async () => {
    const backend = await start();
    await fill(
      backend,
      Array.from({ length: 5000 }, (_, n) => ({ n, text: "x".repeat(1000) })),
    );
    await call(backend, "/api/export/request/zip");
    let written = 0;
    const isRunning = async () =>
      (await ask(backend, "exports:getLatest"))["state"] !== "completed";
    for (; await isRunning(); written++) await fill(backend, [{ n: -1 }]);
    expect(written).toBeGreaterThan(10);
  });
  it("that is being exported does not keep the process from ending", async () => {
    const dataFolder = mkdtempSync(join(tmpdir(), "snapshots-"));
    const backend = await start(dataFolder);
    await fill(
      backend,
      Array.from({ length: 5000 }, (_, n) => ({ n, text: "x".repeat(1000) })),
    );
    await call(backend, "/api/export/request/zip");
    await backend.close();
    const again = await start(dataFolder);
    expect((await ask(again, "exports:getLatest"))["state"]).toBe("failed");
    await again.close();
    rmSync(dataFolder, { recursive: true });
  });
  it("only one is exported at a time, and the newest two are kept", async () => {
    const backend = await filled();
    const asked = call(backend, "/api/export/request/zip");
    await expect(call(backend, "/api/export/request/zip")).rejects.toThrow(
      /ExportInProgress/,
    );
    await asked;
    for (let n = 0; n < 4; n++) await exportedWhenIdle(backend);
    const { zip_object_key } = await ask(backend, "exports:getLatest");
    expect(
      (
        await call(backend, `/api/export/zip/${String(zip_object_key)}`)
      ).headers.get("content-disposition"),
    ).toBe(
      `attachment; filename=snapshot_lockstep_${String(zip_object_key)}.zip`,
    );
    await expect(call(backend, "/api/export/zip/1")).rejects.toThrow(
      /ExportNotFound/,
    );
  });
});

async function exportedWhenIdle(backend: Backend): Promise<void> {
  for (;;) {
    try {
      await exported(backend);
      return;
    } catch (error) {
      if (!String(error).includes("ExportInProgress")) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function store(backend: Backend, contentType: string): Promise<void> {
  const bytes = async function* () {
    yield Buffer.from(`bytes of ${contentType}`);
  };
  const files = backend.runtime.files as FileStore;
  await files.store("", { body: bytes(), contentType, digest: null });
}

/** Imports read what other tools have zipped. */
async function rezipped(
  entries: Map<string, Buffer | string>,
): Promise<Buffer> {
  const zip = new yazl.ZipFile();
  for (const [path, bytes] of entries) zip.addBuffer(Buffer.from(bytes), path);
  zip.end();
  return buffer(zip.outputStream);
}
