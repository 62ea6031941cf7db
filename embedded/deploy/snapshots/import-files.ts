/** The stored files of an import: their bytes are put aside, then take their places with the commit that shows them. */
import { BackendError } from "../../database/backend-error";
import type {
  ComponentPath,
  DocumentJson,
  Transaction,
} from "../../database/types";
import { fileKey } from "../../runtime/files/file-store";
import type { StorageFiles } from "../../runtime/files/storage-files";
import { rows } from "../deployment-store";
import type { SourceFile, SourceTable } from "./import-source";
import { STORAGE_FOLDER } from "./snapshot-layout";

type Staged = { stagingKey: string; key: string };

export class ImportFiles {
  readonly #files: StorageFiles;
  readonly #staged: Staged[] = [];

  constructor(files: StorageFiles) {
    this.#files = files;
  }

  /** The documents of `_storage`, one for each file that there are bytes of. */
  async *documents(
    table: SourceTable,
    files: readonly SourceFile[],
  ): AsyncGenerator<DocumentJson> {
    const described = new Map<string, DocumentJson>();
    for await (const batch of table.rows())
      for (const row of batch) described.set(String(row["_id"]), row);
    for (const file of files) {
      if (file.component !== table.component) continue;
      yield this.#stage(file, described.get(file.storageId) ?? {});
    }
  }

  /** Inside the body of the commit. */
  publish(): void {
    this.#files.publishAll(this.#staged);
  }

  discard(): void {
    for (const { stagingKey } of this.#staged) this.#files.discard(stagingKey);
  }

  /** Bytes of files that were replaced, once that is committed. */
  deleteReplaced(keys: Iterable<string>): void {
    const kept = new Set(this.#staged.map(({ key }) => key));
    for (const key of keys) if (!kept.has(key)) this.#files.delete(key);
  }

  async #stage(file: SourceFile, row: DocumentJson): Promise<DocumentJson> {
    const staged = await this.#files.stage(await file.bytes());
    const key = fileKey(file.component, file.storageId);
    this.#staged.push({ stagingKey: staged.stagingKey, key });
    const sha256 = Buffer.from(staged.sha256).toString("base64");
    if (row["sha256"] !== undefined && row["sha256"] !== sha256)
      throw new BackendError(
        "Sha256Mismatch",
        `The stored file ${file.storageId} is not what its metadata says.`,
      );
    const { contentType, _creationTime } = row;
    return {
      sha256,
      size: staged.size,
      ...(typeof contentType === "string" ? { contentType } : {}),
      _id: file.storageId,
      ...(_creationTime === undefined ? {} : { _creationTime }),
    };
  }
}

export function storedFileKeys(
  tx: Transaction,
  component: ComponentPath,
): string[] {
  return rows(tx, STORAGE_FOLDER, component).map((row) =>
    fileKey(component, String(row["_id"])),
  );
}
