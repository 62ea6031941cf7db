/** `storage.store` and `storage.get` of actions: the only calls that carry objects. */
import { guardedMethods } from "./host-connection";
import type { HostFiles, Reply } from "./realm-host";
import { replyError } from "./realm-syscalls";
import { Blob } from "./web/blob";
import { ownBytes } from "./web/text-encoding";

type Args = { [name: string]: unknown };
const { parse } = JSON;

export function actionFiles(
  given: HostFiles,
): (op: string, args: Args) => Promise<unknown> {
  const files = guardedMethods(given);
  return async (op, args) => {
    if (op === "storage/storeBlob") return store(files, args);
    if (op === "storage/getBlob") return read(files, String(args["storageId"]));
    throw new Error(`Unknown JS operation ${op}`);
  };
}

async function store(files: HostFiles, args: Args): Promise<unknown> {
  const blob = args["blob"];
  if (!(blob instanceof Blob)) {
    throw new Error(
      "store() expects a Blob. If you are trying to store a Request, `await request.blob()` will give you the correct input.",
    );
  }
  const bytes = await blob.bytes();
  const contentType = blob.type === "" ? null : blob.type;
  const { sha256 } = (args["options"] ?? {}) as { sha256?: string };
  return new Promise((resolve, reject) =>
    files.storeFile({ bytes, contentType }, sha256 ?? null, (reply: Reply) =>
      reply.ok ? resolve(parse(reply.value)) : reject(replyError(reply)),
    ),
  );
}

function read(files: HostFiles, storageId: string): Promise<Blob | null> {
  return new Promise((resolve, reject) =>
    files.readFile(storageId, (reply, file) => {
      if (!reply.ok) return reject(replyError(reply));
      resolve(
        file === null
          ? null
          : new Blob([ownBytes(file.bytes)], { type: file.contentType ?? "" }),
      );
    }),
  );
}
