/** Snapshot imports as the command line sees them: uploaded, confirmed, carried out, each step a state of one row. */
import { z } from "zod";
import { convexToJson, type JSONValue } from "convex/values";
import { BackendError } from "../../database/backend-error";
import { checkTableName } from "../../database/schema-rules";
import type { Database, DocumentJson, Transaction } from "../../database/types";
import type { StorageFiles } from "../../runtime/files/storage-files";
import { serverLog } from "../../telemetry/server-log";
import { readComponents, rows } from "../deployment-store";
import { parseBody } from "../parse-body";
import { ImportJob, type ImportRequest } from "./import-job";
import { summaryOf } from "./import-plan";
import { ImportReport } from "./import-report";
import type { Uploads } from "./uploads";

const TABLE = "_snapshot_imports";
const ROWS_KEPT = 20;
const ENDED = new Set(["completed", "failed"]);

const vImport = z
  .object({
    tableName: z.string().nullish(),
    componentPath: z.string().nullish(),
    mode: z.enum(["requireEmpty", "append", "replace", "replaceAll"]),
    format: z.union([
      z.enum(["csv", "jsonLines", "jsonArray", "zip"]),
      z.object({ format: z.enum(["csv", "jsonLines", "jsonArray", "zip"]) }),
    ]),
  })
  .transform(({ tableName, componentPath, mode, format }): ImportRequest => ({
    table: tableName ?? null,
    component: componentPath ?? "",
    mode,
    format: typeof format === "string" ? format : format.format,
  }));
const vFinish = z.object({
  import: vImport,
  uploadToken: z.string(),
  partTokens: z.array(z.string()),
});
const vImportId = z.object({ importId: z.string() });

type State = { [field: string]: JSONValue; state: string };
type Active = { job: ImportJob; upload: string; abort: AbortController };
type Options = {
  database: Database;
  files: StorageFiles;
  uploads: Uploads;
  /** Live queries must be answered anew. */
  onPublished: () => void;
};

export class Imports {
  readonly #options: Options;
  readonly #active = new Map<string, Active>();
  /** Imports are carried out one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  readonly #stop = new AbortController();

  constructor(options: Options) {
    this.#options = options;
  }

  /** Ends what an earlier life of the process left; its documents are removed while the server runs. */
  async start(): Promise<void> {
    const { database, uploads } = this.#options;
    uploads.clear();
    const message = "The backend was restarted during the import";
    await database.write((tx) => {
      for (const row of rows(tx, TABLE))
        if (!ENDED.has(stateOf(row)))
          setState(tx, row, { state: "failed", error_message: message });
    });
    this.#removeLeftovers();
  }

  async finishUpload(body: unknown): Promise<string> {
    const {
      import: request,
      uploadToken,
      partTokens,
    } = parseBody(vFinish, body);
    this.#check(request);
    const path = await this.#options.uploads.finish(uploadToken, partTokens);
    const id = await this.#record(request);
    const active = this.#activate(id, { request, path, upload: uploadToken });
    void this.#whenFree(() => this.#prepare(id, active));
    return id;
  }

  /** Without the steps of the command line: returns the number of documents once they are written. */
  async runAtOnce(
    parameters: unknown,
    body: AsyncIterable<Uint8Array>,
  ): Promise<number> {
    const { uploads } = this.#options;
    const request = parseBody(vImport, parameters);
    this.#check(request);
    const upload = uploads.start();
    try {
      const part = await uploads.addPart(upload, 1, body);
      const path = await uploads.finish(upload, [part]);
      const job = this.#job({ request, path, signal: this.#stop.signal });
      const documents = await this.#whenFree(() =>
        job.run(SILENT, () => undefined),
      );
      this.#options.onPublished();
      return documents;
    } finally {
      this.#removeLeftovers();
      uploads.discard(upload);
    }
  }

  async perform(body: unknown): Promise<void> {
    const { importId } = parseBody(vImportId, body);
    const active = this.#active.get(importId);
    const row = this.#row(importId);
    if (active === undefined || stateOf(row) !== "waiting_for_confirmation")
      throw new BackendError(
        "ImportNotWaiting",
        "The import does not wait for confirmation",
      );
    await this.#update(importId, {
      state: "in_progress",
      progress_message: "Importing",
      checkpoint_messages: [],
    });
    void this.#whenFree(() => this.#carryOut(importId, active));
  }

  async cancel(body: unknown): Promise<void> {
    const { importId } = parseBody(vImportId, body);
    const active = this.#active.get(importId);
    if (active === undefined) return;
    active.abort.abort(new BackendError("ImportCanceled", "Import canceled"));
    if (stateOf(this.#row(importId)) === "waiting_for_confirmation")
      await this.#failed(importId, active.abort.signal.reason);
  }

  async close(): Promise<void> {
    const reason = new BackendError(
      "ServerShutdown",
      "The backend was stopped",
    );
    this.#stop.abort(reason);
    for (const { abort } of this.#active.values()) abort.abort(reason);
    await this.#last;
  }

  async #prepare(id: string, { job }: Active): Promise<void> {
    try {
      const plan = await job.plan();
      await this.#update(id, {
        state: "waiting_for_confirmation",
        message_to_confirm: summaryOf(plan),
        require_manual_confirmation: plan.some(({ deleted }) => deleted > 0),
      });
    } catch (error) {
      await this.#failed(id, error);
    }
  }

  async #carryOut(id: string, { job }: Active): Promise<void> {
    const report = new ImportReport(
      (state) => void this.#update(id, state).catch(logged),
    );
    try {
      await job.run(report, (tx, documents) => {
        report.end();
        const row = tx.system.get("", TABLE, id);
        if (row !== null)
          setState(tx, row, completed(documents, this.#options.database));
      });
      this.#options.onPublished();
      this.#forget(id);
    } catch (error) {
      report.end();
      await this.#failed(id, error);
    }
    this.#removeLeftovers();
  }

  /** The next import waits for it. */
  #removeLeftovers(): void {
    const tables = this.#options.database.importTables();
    void this.#whenFree(() => tables.removeLeftovers(this.#stop.signal)).catch(
      logged,
    );
  }

  async #failed(id: string, error: unknown): Promise<void> {
    this.#forget(id);
    if (!(error instanceof BackendError))
      serverLog.error("An import failed", error);
    const message = error instanceof Error ? error.message : String(error);
    await this.#update(id, { state: "failed", error_message: message });
  }

  #forget(id: string): void {
    const active = this.#active.get(id);
    this.#active.delete(id);
    if (active !== undefined) this.#options.uploads.discard(active.upload);
  }

  #activate(
    id: string,
    from: { request: ImportRequest; path: string; upload: string },
  ): Active {
    const abort = new AbortController();
    const job = this.#job({ ...from, signal: abort.signal });
    const active = { job, upload: from.upload, abort };
    this.#active.set(id, active);
    return active;
  }

  #job(from: { request: ImportRequest; path: string; signal: AbortSignal }) {
    const { database, files } = this.#options;
    return new ImportJob({ database, files, ...from });
  }

  #check({ format, table, component }: ImportRequest): void {
    if ((format === "zip") !== (table === null))
      throw new BackendError(
        "InvalidImport",
        "Zip files are imported without a table name, all other formats with one",
      );
    if (table !== null) checkTableName(table);
    if (component === "") return;
    const { value } = this.#options.database.read(readComponents);
    if (value.some(({ componentPath }) => componentPath === component)) return;
    throw new BackendError(
      "ComponentNotFound",
      `There is no component "${component}"`,
    );
  }

  #whenFree<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #record(request: ImportRequest): Promise<string> {
    const { format, mode, table, component } = request;
    const written = await this.#options.database.write((tx) => {
      for (const row of rows(tx, TABLE).slice(0, -ROWS_KEPT))
        if (ENDED.has(stateOf(row)))
          tx.system.remove("", TABLE, String(row["_id"]));
      return tx.system.insert("", TABLE, {
        state: { state: "uploaded" },
        requestor: { type: "snapshotImport" },
        format: { format, ...(table === null ? {} : { table }) },
        mode,
        component_path: component,
      });
    });
    return written.value;
  }

  async #update(id: string, state: State): Promise<void> {
    await this.#options.database.write((tx) => {
      const row = tx.system.get("", TABLE, id);
      if (row !== null && !ENDED.has(stateOf(row))) setState(tx, row, state);
    });
  }

  #row(id: string): DocumentJson {
    const { value } = this.#options.database.read((tx) =>
      tx.system.get("", TABLE, id),
    );
    if (value !== null) return value;
    throw new BackendError("ImportNotFound", `There is no import ${id}`, {
      status: 404,
    });
  }
}

const SILENT = { at: () => undefined, done: () => undefined };

function completed(documents: number, { latestTs }: Database): State {
  return {
    state: "completed",
    timestamp: convexToJson(latestTs),
    num_rows_written: convexToJson(BigInt(documents)),
  };
}

function stateOf(row: DocumentJson): string {
  const { state } = row["state"] as State;
  return state;
}

function setState(tx: Transaction, row: DocumentJson, state: State): void {
  tx.system.replace("", TABLE, String(row["_id"]), { ...row, state });
}

function logged(error: unknown): void {
  serverLog.error("An import failed", error);
}
