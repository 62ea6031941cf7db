/** File storage: metadata documents in `_storage`, bytes in `StorageFiles`, upload tokens, URLs. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { BackendError } from "../../database/backend-error";
import { SYSTEM_TABLES } from "../../database/system-tables";
import type {
  Clock,
  ComponentPath,
  Database,
  DocumentJson,
  Random,
  Transaction,
} from "../../database/types";
import { decodeId, encodeId } from "../../values/document-id";
import type { FileService, OpenFile } from "../types";
import type { StagedFile, StorageFiles } from "./storage-files";

const TABLE = "_storage";
const TABLE_NUMBER = SYSTEM_TABLES[TABLE]?.number ?? 0;
const TOKEN_LIFE_MS = 3600_000;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export interface FileStoreOptions {
  database: Pick<Database, "read" | "write">;
  files: StorageFiles;
  clock: Clock;
  random: Random;
  cloudUrl: string;
  /** Signs upload tokens; without one they end with this object. */
  tokenKey?: Uint8Array;
}

export class FileStore implements FileService {
  readonly #options: FileStoreOptions;
  readonly #tokenKey: Uint8Array;

  constructor(options: FileStoreOptions) {
    this.#options = options;
    this.#tokenKey = options.tokenKey ?? options.random.bytes(32);
  }

  /** Null when the file does not exist. */
  getUrl(
    tx: Transaction,
    component: ComponentPath,
    storageId: string,
  ): string | null {
    const id = toDocumentId(storageId);
    if (tx.system.get(component, TABLE, id) === null) return null;
    const query =
      component === "" ? "" : `?component=${encodeURIComponent(component)}`;
    return `${this.#options.cloudUrl}/api/storage/${uuidOf(id)}${query}`;
  }

  getMetadata(
    tx: Transaction,
    component: ComponentPath,
    storageId: string,
  ): DocumentJson | null {
    const id = toDocumentId(storageId);
    const row = tx.system.get(component, TABLE, id);
    if (row === null) return null;
    const sha256 = Buffer.from(String(row["sha256"]), "base64").toString("hex");
    return {
      storageId: id,
      sha256,
      size: row["size"] ?? 0,
      contentType: row["contentType"] ?? null,
    };
  }

  generateUploadUrl(component: ComponentPath): string {
    return `${this.#options.cloudUrl}/api/storage/upload?token=${this.#createToken(component)}`;
  }

  /** Removes the metadata; the returned work removes the bytes and must wait for the commit. */
  remove(
    tx: Transaction,
    component: ComponentPath,
    storageId: string,
  ): () => void {
    const id = toDocumentId(storageId);
    if (tx.system.get(component, TABLE, id) === null) {
      throw new BackendError(
        "StorageIdNotFound",
        `storage id ${storageId} not found`,
        { status: 404 },
      );
    }
    tx.system.remove(component, TABLE, id);
    return () => this.#options.files.delete(fileKey(component, id));
  }

  /** Inside a mutation. */
  storeSync(
    tx: Transaction,
    component: ComponentPath,
    file: {
      bytes: Uint8Array;
      contentType: string | null;
      sha256: string | null;
    },
  ): string {
    const staged = this.#options.files.stageSync(file.bytes);
    checkDigest(staged, file.sha256);
    return this.#insert(tx, component, staged, file.contentType);
  }

  /** Bytes and content type, or null. */
  read(
    tx: Transaction,
    component: ComponentPath,
    storageId: string,
  ): { bytes: Uint8Array; contentType: string | null } | null {
    const id = toDocumentId(storageId);
    const row = tx.system.get(component, TABLE, id);
    const bytes =
      row === null ? null : this.#options.files.get(fileKey(component, id));
    if (row === null || bytes === null) return null;
    return {
      bytes,
      contentType:
        typeof row["contentType"] === "string" ? row["contentType"] : null,
    };
  }

  async store(
    component: ComponentPath,
    file: {
      body: AsyncIterable<Uint8Array>;
      contentType: string | null;
      digest: string | null;
    },
  ): Promise<string> {
    const staged = await this.#options.files.stage(file.body);
    const inserted: string[] = [];
    try {
      checkDigest(staged, file.digest);
      const written = await this.#options.database.write((tx) => {
        const id = this.#insert(tx, component, staged, file.contentType);
        inserted.push(id);
        return id;
      });
      return written.value;
    } catch (error) {
      this.#options.files.discard(staged.stagingKey);
      for (const id of inserted)
        this.#options.files.delete(fileKey(component, id));
      throw error;
    }
  }

  async storeUpload(
    request: Parameters<FileService["storeUpload"]>[0],
  ): Promise<{ storageId: string }> {
    const component = this.#readToken(request.token);
    return { storageId: await this.store(component, request) };
  }

  open(uuid: string, component: ComponentPath): OpenFile | null {
    if (!UUID.test(uuid))
      throw new BackendError(
        "InvalidStoragePath",
        `Invalid storage path: "${uuid}"`,
      );
    return this.openById(component, idOfUuid(uuid));
  }

  openById(component: ComponentPath, storageId: string): OpenFile | null {
    const row = this.#options.database.read((tx) =>
      tx.system.get(component, TABLE, storageId),
    ).value;
    if (row === null) return null;
    return {
      size: Number(row["size"]),
      sha256: String(row["sha256"]),
      contentType:
        typeof row["contentType"] === "string" ? row["contentType"] : null,
      read: (range) =>
        this.#options.files.stream(fileKey(component, storageId), range),
    };
  }

  /** The id names the file, so the row comes first; the bytes are in place before the row is committed. */
  #insert(
    tx: Transaction,
    component: ComponentPath,
    staged: StagedFile,
    contentType: string | null,
  ): string {
    const id = tx.system.insert(component, TABLE, {
      sha256: Buffer.from(staged.sha256).toString("base64"),
      size: staged.size,
      ...(contentType === null || contentType === "" ? {} : { contentType }),
    });
    this.#options.files.publish(staged.stagingKey, fileKey(component, id));
    return id;
  }

  #createToken(component: ComponentPath): string {
    const payload = Buffer.from(
      JSON.stringify([component, this.#options.clock.now() + TOKEN_LIFE_MS]),
    ).toString("base64url");
    return `${payload}.${this.#signature(payload).toString("base64url")}`;
  }

  #readToken(token: string): ComponentPath {
    const [payload = "", signature = ""] = token.split(".");
    const expected = this.#signature(payload);
    const given = Buffer.from(signature, "base64url");
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new BackendError("StorageTokenInvalid", "Invalid upload token", {
        status: 401,
      });
    }
    const [component, expiresAtMs] = JSON.parse(
      Buffer.from(payload, "base64url").toString("utf8"),
    ) as [string, number];
    if (expiresAtMs >= this.#options.clock.now()) return component;
    throw new BackendError(
      "StorageTokenExpired",
      "The upload token has expired",
      { status: 401 },
    );
  }

  #signature(payload: string): Buffer {
    return createHmac("sha256", this.#tokenKey).update(payload).digest();
  }
}

/** `given` is base64 or hex. */
function checkDigest(staged: StagedFile, given: string | null): void {
  if (given === null) return;
  const actual = Buffer.from(staged.sha256);
  if (
    given === actual.toString("base64") ||
    given.toLowerCase() === actual.toString("hex")
  )
    return;
  throw new BackendError(
    "Sha256Mismatch",
    `Sha256 mismatch: expected ${given}, got ${actual.toString("base64")}`,
  );
}

function toDocumentId(storageId: string): string {
  if (UUID.test(storageId)) return idOfUuid(storageId);
  const decoded = decodeId(storageId);
  if (decoded === null) {
    throw new BackendError(
      "InvalidStorageId",
      `Invalid storage ID: "${storageId}". Storage ID should be an\n                    Id of '_storage' table, or a UUID string.`,
    );
  }
  if (decoded.tableNumber === TABLE_NUMBER) return storageId;
  throw new BackendError(
    "InvalidArgument",
    "Invalid storage ID. Storage ID cannot be an ID on any table other than '_storage'.",
  );
}

/** URLs and file names use the document's internal id, written as a UUID. */
function uuidOf(id: string): string {
  const hex = Buffer.from(decodeId(id)?.internalId ?? []).toString("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function idOfUuid(uuid: string): string {
  return encodeId(TABLE_NUMBER, Buffer.from(uuid.replaceAll("-", ""), "hex"));
}

/** Whose file it is by its key; null for a key that `fileKey` does not make. */
export function ownerOf(
  key: string,
): { component: ComponentPath; id: string } | null {
  const dot = key.lastIndexOf(".");
  const uuid = key.slice(dot + 1);
  if (!UUID.test(uuid)) return null;
  const component = dot < 0 ? "" : decodeURIComponent(key.slice(0, dot));
  return { component, id: idOfUuid(uuid) };
}

/** Components may hold equal ids, so their files are kept apart. */
export function fileKey(component: ComponentPath, id: string): string {
  return component === ""
    ? uuidOf(id)
    : `${encodeURIComponent(component)}.${uuidOf(id)}`;
}
