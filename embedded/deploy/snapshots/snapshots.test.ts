import { convexToJson } from "convex/values";
import { afterEach, describe, expect, it } from "vitest";
import { createBackend, type Backend } from "../../backend";
import { schemaWith } from "../../database/testing/test-database";
import type { DocumentJson } from "../../database/types";
import { readZip } from "./testing/read-zip";

const open: Backend[] = [];
afterEach(async () => {
  for (const backend of open.splice(0)) await backend.close();
});

async function start(): Promise<Backend> {
  const origins = {
    cloudUrl: "http://cloud.test",
    siteUrl: "http://site.test",
  };
  const backend = await createBackend({ dataFolder: ":memory:", origins });
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

describe("imports of one table", () => {
  it("take lines of JSON and number the documents themselves", async () => {
    const backend = await start();
    const state = await imported(
      backend,
      '{"a":1}\n\n{"a":-0}\n{"a":{"$integer":"AQAAAAAAAAA="}}',
      jsonLines,
    );
    expect(state["num_rows_written"]).toEqual(convexToJson(3n));
    expect(documentsOf(backend, "t").map(({ a }) => a)).toEqual([
      1,
      convexToJson(-0),
      convexToJson(1n),
    ]);
  });
});
