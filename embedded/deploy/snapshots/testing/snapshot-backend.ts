/** A deployment to take snapshots of and to import into, by the calls that the command line makes. */
import { afterEach } from "vitest";
import { type Backend, createBackend } from "../../../backend";
import type { DocumentJson } from "../../../database/types";
import { readZip } from "./read-zip";

export const JSON_LINES = {
  format: "jsonLines",
  mode: "requireEmpty",
  tableName: "t",
};
export const ZIPPED = { format: "zip", mode: "requireEmpty" };

/** Call at the top of a test file: starts deployments that are closed after each test. */
export function useBackends(): (dataFolder?: string) => Promise<Backend> {
  const open: Backend[] = [];
  afterEach(async () => {
    for (const backend of open.splice(0)) await backend.close();
  });
  return async (dataFolder = ":memory:") => {
    const origins = {
      cloudUrl: "http://cloud.test",
      siteUrl: "http://site.test",
    };
    const backend = await createBackend({ dataFolder, origins });
    open.push(backend);
    return backend;
  };
}

export async function call(
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

export async function ask(
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

export async function exported(backend: Backend): Promise<Map<string, Buffer>> {
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

/** Uploads, confirms and waits; throws what the import failed with. */
export async function imported(
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

export function documentsOf(
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

export async function fill(
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

export function numbers(backend: Backend, table = "t") {
  return documentsOf(backend, table).map(({ n }) => n);
}
