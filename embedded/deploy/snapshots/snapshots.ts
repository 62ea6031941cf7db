import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Database } from "../../database/types";
import { Exports } from "./exports";
import { Imports } from "./imports";
import type { PinnableFiles } from "./pinned-files";
import { Uploads } from "./uploads";

/** Everything about exports and imports of a deployment. */
export class Snapshots {
  readonly exports: Exports;
  readonly imports: Imports;
  readonly uploads: Uploads;
  readonly #temporary: string | null;

  constructor(options: {
    database: Database;
    files: PinnableFiles;
    /** Null when the deployment lives in memory. */
    dataFolder: string | null;
    instanceName: string;
    onPublished: () => void;
  }) {
    const { database, files, dataFolder, instanceName, onPublished } = options;
    this.#temporary =
      dataFolder === null ? join(tmpdir(), `lockstep-${randomUUID()}`) : null;
    const folder = dataFolder ?? this.#temporary ?? "";
    this.uploads = new Uploads(join(folder, "imports"));
    this.exports = new Exports({
      database,
      files,
      folder: join(folder, "exports"),
      instanceName,
    });
    this.imports = new Imports({
      database,
      files,
      uploads: this.uploads,
      onPublished,
    });
  }

  async start(): Promise<void> {
    await this.exports.start();
    await this.imports.start();
  }

  async close(): Promise<void> {
    await this.exports.close();
    await this.imports.close();
    if (this.#temporary !== null)
      rmSync(this.#temporary, { recursive: true, force: true });
  }
}
