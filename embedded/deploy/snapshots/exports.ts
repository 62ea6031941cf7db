/** Snapshot exports: one at a time, written to a file while the deployment goes on, kept until newer ones replace it. */
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { convexToJson } from "convex/values";
import { BackendError } from "../../database/backend-error";
import type {
  ComponentPath,
  Database,
  DatabaseSnapshot,
  DocumentJson,
} from "../../database/types";
import { serverLog } from "../../telemetry/server-log";
import { rows } from "../deployment-store";
import type { PinnableFiles } from "./pinned-files";
import { snapshotEntries } from "./snapshot-zip";
import { writeZip } from "./zip-writer";

const TABLE = "_exports";
const KEPT = 2;

type Options = {
  database: Database;
  files: PinnableFiles;
  /** For the zip files; created when needed. */
  folder: string;
  instanceName: string;
};
export type ExportRequest = {
  includeStorage: boolean;
  /** Null for all. */
  component: ComponentPath | null;
};
export type ExportFile = {
  name: string;
  size: number;
  content: ReadableStream<Uint8Array>;
};

export class Exports {
  readonly #options: Options;
  readonly #stop = new AbortController();
  #running: Promise<void> | null = null;

  constructor(options: Options) {
    this.#options = options;
  }

  /** What an earlier life of the process left unfinished has failed. */
  async start(): Promise<void> {
    await this.#options.database.write((tx) => {
      for (const row of rows(tx, TABLE)) {
        if (row["state"] === "completed" || row["state"] === "failed") continue;
        const id = String(row["_id"]);
        tx.system.replace("", TABLE, id, { ...row, state: "failed" });
      }
    });
    this.#removeOld();
  }

  /** Resolves once it is recorded; `_exports` tells how it goes on. */
  async request(request: ExportRequest): Promise<void> {
    if (this.#running !== null)
      throw new BackendError(
        "ExportInProgress",
        "There is already an export requested or in progress.",
      );
    const recorded = this.#options.database.write((tx) =>
      tx.system.insert("", TABLE, {
        requestor: "snapshotExport",
        state: "requested",
        format: { format: "zip", include_storage: request.includeStorage },
      }),
    );
    this.#running = recorded
      .then(({ value }) => this.#run(value, request))
      .catch((error: unknown) => serverLog.error("An export failed", error))
      .finally(() => (this.#running = null));
    await recorded;
  }

  /** By the timestamp of the snapshot or the id of its row; null when there is none, or no longer. */
  open(name: string): ExportFile | null {
    const row = this.#rows().find(
      (candidate) =>
        candidate["_id"] === name || candidate["zip_object_key"] === name,
    );
    if (row?.["state"] !== "completed") return null;
    const key = String(row["zip_object_key"]);
    const path = this.#path(key);
    if (!existsSync(path)) return null;
    return {
      name: `snapshot_${this.#options.instanceName}_${key}.zip`,
      size: statSync(path).size,
      content: Readable.toWeb(
        createReadStream(path),
      ) as ReadableStream<Uint8Array>,
    };
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(id: string, request: ExportRequest): Promise<void> {
    const { database, files } = this.#options;
    const unpin = files.pin();
    const snapshot = database.openSnapshot();
    const started = startOf(snapshot);
    try {
      await this.#update(id, { ...started, state: "in_progress" });
      await this.#write(snapshot, request);
      await this.#update(id, { ...started, ...this.#completed(snapshot) });
    } catch (error) {
      if (!this.#stop.signal.aborted)
        serverLog.error("An export failed", error);
      await this.#update(id, { ...started, state: "failed" });
    } finally {
      snapshot.close();
      unpin();
    }
    await this.#forgetOld();
  }

  async #write(
    snapshot: DatabaseSnapshot,
    { includeStorage, component }: ExportRequest,
  ): Promise<void> {
    const { files, folder } = this.#options;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const path = this.#path(String(snapshot.ts));
    const unfinished = `${path}.unfinished`;
    const entries = snapshotEntries({
      snapshot,
      files,
      includeStorage,
      component,
    });
    try {
      await writeZip(unfinished, entries, this.#stop.signal);
      renameSync(unfinished, path);
    } finally {
      rmSync(unfinished, { force: true });
    }
  }

  #completed(snapshot: DatabaseSnapshot): DocumentJson {
    const key = String(snapshot.ts);
    return {
      state: "completed",
      complete_ts: convexToJson(this.#options.database.latestTs),
      zip_object_key: key,
    };
  }

  async #update(id: string, fields: DocumentJson): Promise<void> {
    await this.#options.database.write((tx) => {
      const row = tx.system.get("", TABLE, id);
      if (row !== null) tx.system.replace("", TABLE, id, { ...row, ...fields });
    });
  }

  async #forgetOld(): Promise<void> {
    await this.#options.database.write((tx) => {
      for (const row of rows(tx, TABLE).slice(0, -KEPT))
        tx.system.remove("", TABLE, String(row["_id"]));
    });
    this.#removeOld();
  }

  /** Files that no row names, as after a crash. */
  #removeOld(): void {
    const { folder } = this.#options;
    if (!existsSync(folder)) return;
    const kept = new Set(
      this.#rows().map((row) => `${String(row["zip_object_key"])}.zip`),
    );
    for (const file of readdirSync(folder))
      if (!kept.has(file)) rmSync(join(folder, file), { force: true });
  }

  #rows(): DocumentJson[] {
    return this.#options.database.read((tx) => rows(tx, TABLE)).value;
  }

  #path(key: string): string {
    return join(this.#options.folder, `${key}.zip`);
  }
}

function startOf(snapshot: DatabaseSnapshot): DocumentJson {
  return { start_ts: convexToJson(snapshot.ts) };
}
