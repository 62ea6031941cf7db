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
import { afterEach, describe, expect, it } from "vitest";
import { createBackend, type Backend } from "../../backend";
import { schemaWith } from "../../database/testing/test-database";
import type { DocumentJson } from "../../database/types";
import type { FileStore } from "../../runtime/files/file-store";
import { encodeId } from "../../values/document-id";
import { readZip } from "./testing/read-zip";

const open: Backend[] = [];
afterEach(async () => {
  for (const backend of open.splice(0)) await backend.close();
});

async function start(dataFolder = ":memory:"): Promise<Backend> {
  const origins = {
    cloudUrl: "http://cloud.test",
    siteUrl: "http://site.test",
  };
  const backend = await createBackend({ dataFolder, origins });
  open.push(backend);
  return backend;
}

async function call(
  backend: Backend,
  path: string,
  body?: string | Uint8Array,
): Promise<Response> {
  const response = await backend.api(
    new Request(`http://cloud.test${path}`, {
      method: path.startsWith("/api/export/zip") ? "GET" : "POST",
      headers: { authorization: `Convex ${backend.adminKey}` },
      ...(body === undefined ? {} : { body: Buffer.from(body) }),
    }),
  );
  if (response.ok) return response;
  throw new Error(await response.text());
}

async function ask(
  backend: Backend,
  query: string,
  args: DocumentJson = {},
): Promise<DocumentJson> {
  const response = await call(
    backend,
    "/api/query",
    JSON.stringify({
      path: `_system/cli/${query}`,
      args,
      format: "convex_encoded_json",
    }),
  );
  const { value } = (await response.json()) as { value: DocumentJson };
  return value;
}

async function exported(backend: Backend): Promise<Map<string, Buffer>> {
  await call(backend, "/api/export/request/zip?includeStorage=true");
  for (;;) {
    const { state, zip_object_key } = await ask(backend, "exports:getLatest");
    if (state === "failed") throw new Error("the export failed");
    if (state === "completed") {
      const zip = await call(
        backend,
        `/api/export/zip/${String(zip_object_key)}`,
      );
      return readZip(Buffer.from(await zip.arrayBuffer()));
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function linesOf(zip: Map<string, Buffer>, path: string): string[] {
  const text = zip.get(path)?.toString("utf8") ?? "";
  return text.split("\n").filter((line) => line !== "");
}

/** Uploads, confirms and waits; throws what the import failed with. */
async function imported(
  backend: Backend,
  file: Uint8Array | string,
  request: DocumentJson,
): Promise<DocumentJson> {
  const { uploadToken } = (await (
    await call(backend, "/api/import/start_upload")
  ).json()) as { uploadToken: string };
  const bytes = Buffer.from(file);
  const partTokens: string[] = [];
  for (let at = 0; at < bytes.length; at += 1000) {
    const path = `/api/import/upload_part?uploadToken=${uploadToken}&partNumber=${partTokens.length + 1}`;
    const part = await call(backend, path, bytes.subarray(at, at + 1000));
    partTokens.push((await part.json()) as string);
  }
  const finished = await call(
    backend,
    "/api/import/finish_upload",
    JSON.stringify({ import: request, uploadToken, partTokens }),
  );
  const { importId } = (await finished.json()) as { importId: string };
  for (;;) {
    const row = await ask(backend, "queryImport", { importId });
    const state = row["state"] as DocumentJson;
    if (state["state"] === "failed")
      throw new Error(String(state["error_message"]));
    if (state["state"] === "completed") return state;
    if (state["state"] === "waiting_for_confirmation")
      await call(backend, "/api/perform_import", JSON.stringify({ importId }));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function documentsOf(
  backend: Backend,
  table: string,
  component = "",
): DocumentJson[] {
  return backend.database.read((tx) => {
    const found: DocumentJson[] = [];
    const source = { type: "FullTableScan", tableName: table, order: "asc" };
    const stream = tx.query(component, { source, operators: [] });
    for (let row = stream.next(); row !== null; row = stream.next())
      found.push(row);
    return found;
  }).value;
}

const jsonLines = { format: "jsonLines", mode: "requireEmpty", tableName: "t" };
const zipped = { format: "zip", mode: "requireEmpty" };

async function fill(
  backend: Backend,
  documents: DocumentJson[],
  table = "t",
  component = "",
) {
  const written = await backend.database.write((tx) =>
    documents.map((document) => tx.insert(component, table, { ...document })),
  );
  return written.value;
}

function numbers(backend: Backend, table = "t") {
  return documentsOf(backend, table).map(({ n }) => n);
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
    await imported(empty, await rezipped(first), zipped);
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
    await expect(imported(source, zip, zipped)).rejects.toThrow(
      /^Table \w+ already exists. Please choose a new table name or use replace\/append modes.$/,
    );
    await imported(source, zip, { ...zipped, mode: "replace" });
    expect(numbers(source)).toEqual([undefined, 0.1]);
    expect(numbers(source, "extra")).toEqual([7]);
    await imported(source, zip, { ...zipped, mode: "replaceAll" });
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
    await imported(backend, await rezipped(zip), zipped);
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
    await imported(second, '{"n":4}', { ...jsonLines, mode: "replace" });
    await imported(second, '{"n":5}', { ...jsonLines, mode: "append" });
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

describe("imports of one table", () => {
  it("take lines of JSON and number the documents themselves", async () => {
    const backend = await start();
    const text = '{"a":1}\n\n{"a":-0}\r\n{"a":{"$integer":"AQAAAAAAAAA="}}';
    const state = await imported(backend, text, jsonLines);
    expect(state["num_rows_written"]).toEqual(convexToJson(3n));
    expect(documentsOf(backend, "t").map(({ a }) => a)).toEqual([
      1,
      convexToJson(-0),
      convexToJson(1n),
    ]);
  });
  it("take one JSON array", async () => {
    const backend = await start();
    const text = '\ufeff [ {"n":1, "s":"],[\\""},\n{"n":{"m":[1]}} ]\n';
    await imported(backend, text, { ...jsonLines, format: "jsonArray" });
    expect(numbers(backend)).toEqual([1, { m: [1] }]);
  });
  it("take CSV with numbers where cells are numbers", async () => {
    const backend = await start();
    const text = 'n, s\n1,"a ""b"", c"\n-inf,\n1e3,0x1\n';
    await imported(backend, text, { ...jsonLines, format: "csv" });
    expect(documentsOf(backend, "t").map(({ n, s }) => [n, s])).toEqual([
      [1, 'a "b", c'],
      [convexToJson(-Infinity), ""],
      [1000, "0x1"],
    ]);
  });
  it("append, replace, or insist on an empty table", async () => {
    const backend = await start();
    const [id = ""] = await fill(backend, [{ n: 0 }]);
    await expect(imported(backend, '{"n":1}', jsonLines)).rejects.toThrow(
      "Table t already exists. Please choose a new table name or use replace/append modes.",
    );
    await imported(backend, '{"n":1}', { ...jsonLines, mode: "append" });
    expect(numbers(backend)).toEqual([0, 1]);
    const same = JSON.stringify({ n: 2, _id: id, _creationTime: 5 });
    await expect(
      imported(backend, same, { ...jsonLines, mode: "append" }),
    ).rejects.toThrow(/two documents with the ID/);
    await imported(backend, same, { ...jsonLines, mode: "replace" });
    expect(documentsOf(backend, "t")).toEqual([JSON.parse(same)]);
  });
  it("keep the indexes and the schema", async () => {
    const backend = await start();
    const schema = schemaWith(
      { t: { by_n: ["n"] } },
      {
        type: "object",
        value: { n: { fieldType: { type: "number" }, optional: false } },
      },
    );
    backend.database.applySchemas(new Map([["", schema]]));
    await fill(backend, [{ n: 5 }]);
    await imported(backend, '{"n":9}\n{"n":3}', {
      ...jsonLines,
      mode: "append",
    });
    await expect(
      imported(backend, '{"n":1}\n{"n":"x"}', {
        ...jsonLines,
        mode: "replace",
      }),
    ).rejects.toThrow(/does not match the schema/);
    const indexed = backend.database.read((tx) => {
      const source = {
        type: "IndexRange",
        indexName: "t.by_n",
        range: [],
        order: "asc",
      };
      const stream = tx.query("", { source, operators: [] });
      return [stream.next(), stream.next(), stream.next(), stream.next()];
    }).value;
    expect(indexed.map((row) => row?.["n"])).toEqual([3, 5, 9, undefined]);
  });
  it("can be searched", async () => {
    const backend = await start();
    const search = {
      indexDescriptor: "words",
      searchField: "text",
      filterFields: [],
    };
    const plain = schemaWith({ t: {} });
    const tables = plain.tables.map((table) => ({
      ...table,
      searchIndexes: [search],
    }));
    backend.database.applySchemas(new Map([["", { ...plain, tables }]]));
    await fill(backend, [{ text: "old apple" }]);
    const found = () =>
      backend.database
        .read((tx) => {
          const filters = [
            { type: "Search", fieldPath: "text", value: "apple" },
          ];
          const source = { type: "Search", indexName: "t.words", filters };
          const stream = tx.query("", { source, operators: [] });
          return [stream.next(), stream.next()].map((row) => row?.["text"]);
        })
        .value.sort();
    await imported(backend, '{"text":"new apple"}', {
      ...jsonLines,
      mode: "append",
    });
    expect(found()).toEqual(["new apple", "old apple"]);
    await imported(backend, '{"text":"only apple"}', {
      ...jsonLines,
      mode: "replace",
    });
    expect(found()).toEqual(["only apple", undefined]);
  });
  it("happen whole or not at all, and can be read only afterwards", async () => {
    const backend = await start();
    const lines = Array.from({ length: 5000 }, (_, n) => JSON.stringify({ n }));
    const bad = [...lines, '{"_x":1}'].join("\n");
    await expect(imported(backend, bad, jsonLines)).rejects.toThrow(
      "Field '_x' starts with an underscore, which is only allowed for system fields like '_id'",
    );
    expect(backend.database.tables("")).toEqual([]);
    const counts = new Set<number>();
    const stop = backend.database.onCommit(() => counts.add(countOf(backend)));
    await imported(backend, lines.join("\n"), jsonLines);
    stop();
    expect([...counts]).toEqual([0, 5000]);
  });
  it("name what is wrong with the file", async () => {
    const backend = await start();
    const json = (text: string) => imported(backend, text, jsonLines);
    const array = (text: string) =>
      imported(backend, text, { ...jsonLines, format: "jsonArray" });
    const csv = (text: string) =>
      imported(backend, text, { ...jsonLines, format: "csv" });
    await expect(json("{")).rejects.toThrow(/not valid JSON/);
    await expect(json("[1]")).rejects.toThrow(/not an object/);
    await expect(json('{"a":{"$integer":"x"}}')).rejects.toThrow(/in {"a"/);
    await expect(json('{"_id":"x"}')).rejects.toThrow(/is not an ID/);
    await expect(array('{"a":1}')).rejects.toThrow(/not one JSON array/);
    await expect(array('[{"a":1}')).rejects.toThrow(/not one JSON array/);
    await expect(array('[{"a":1},,{"a":1}]')).rejects.toThrow(/is missing/);
    await expect(csv("")).rejects.toThrow(/must have headers/);
    await expect(csv("a,b\n1\n")).rejects.toThrow(/has 1 fields/);
    await expect(imported(backend, "x", zipped)).rejects.toThrow(/not a zip/);
    await expect(
      imported(backend, '{"a":1}', { ...jsonLines, tableName: "_storage" }),
    ).rejects.toThrow(/read-only|Invalid/);
    await expect(
      imported(backend, '{"a":1}', { ...jsonLines, componentPath: "no" }),
    ).rejects.toThrow(/ComponentNotFound/);
  });
});

function countOf(backend: Backend): number {
  return backend.database.read((tx) => tx.count("", "t")).value;
}

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
