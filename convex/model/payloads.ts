/**
 * Writer of `payloads`. A value is written once and never changes (E9). `PayloadRef` is what other rows keep of it: all
 * of a small one, which has no row of its own, else a preview. Up to 64 KiB it is text in its row; above, a file.
 */
import type { Infer } from "convex/values";
import type { Doc, Id } from "../_generated/dataModel";
import type { MutationCtx } from "../functions";
import type { Json } from "../language/evaluation";
import type { vPayloadRef } from "../validators/steps";

export type PayloadRef = Infer<typeof vPayloadRef>;

export const MAX_INLINE_BYTES = 64 * 1024;
export const MAX_PAYLOAD_BYTES = 16 * 1024 * 1024;
const PREVIEW_CHARS = 200;
/** Most values are this small; rows that lists and trees read stay small with them. */
const MAX_REF_CHARS = 512;

const encoder = new TextEncoder();

/** `json` is JSON text of at most `MAX_PAYLOAD_BYTES`; producers check that where they can say what was too large. */
export async function storePayload(
  ctx: MutationCtx,
  runId: Id<"workflowRuns">,
  json: string,
): Promise<PayloadRef> {
  const small = smallPayload(json);
  if (small !== null) return small;
  const described = describePayload(json);
  if (described.bytes <= MAX_INLINE_BYTES) {
    const id = await ctx.db.insert("payloads", {
      runId,
      body: { kind: "inline", json },
    });
    return { id, ...described };
  }
  const blob = new Blob([json], { type: "application/json" });
  const storageId = await ctx.storage.store(blob);
  return await storeFilePayload(ctx, runId, { storageId, ...described });
}

/** The reference that is all there is of a value, or null when it is too large for that. */
export function smallPayload(json: string): PayloadRef | null {
  return json.length <= MAX_REF_CHARS
    ? { id: null, ...describePayload(json), preview: json }
    : null;
}

/** For bodies that a worker has already stored as a file. */
export async function storeFilePayload(
  ctx: MutationCtx,
  runId: Id<"workflowRuns">,
  file: { storageId: Id<"_storage"> } & PayloadDescription,
): Promise<PayloadRef> {
  const { storageId, bytes, type, preview } = file;
  const id = await ctx.db.insert("payloads", {
    runId,
    body: { kind: "file", storageId, bytes },
  });
  return { id, bytes, type, preview };
}

/**
 * The same value for another run: a run owns what it shows, so that retention may delete either. Only a file is shared:
 * whoever deletes a payload deletes its file when no other payload has it (`by_storageId`). Null when it is gone.
 */
export async function copyPayload(
  ctx: MutationCtx,
  runId: Id<"workflowRuns">,
  ref: PayloadRef,
): Promise<PayloadRef | null> {
  if (ref.id === null) return ref;
  const payload = await ctx.db.get("payloads", ref.id);
  if (payload === null) return null;
  const { body } = payload;
  return { ...ref, id: await ctx.db.insert("payloads", { runId, body }) };
}

/** For a value that nothing refers to any more. */
export async function removePayload(
  ctx: MutationCtx,
  { id }: PayloadRef,
): Promise<void> {
  if (id === null) return;
  const payload = await ctx.db.get("payloads", id);
  if (payload !== null) await removePayloadRow(ctx, payload);
}

/** With its file, when no other payload has it. */
export async function removePayloadRow(
  ctx: MutationCtx,
  { _id, body }: Doc<"payloads">,
): Promise<void> {
  await ctx.db.delete("payloads", _id);
  if (body.kind === "file") await removeUnusedFile(ctx, body.storageId);
}

/** False when a payload has the file. */
export async function removeUnusedFile(
  ctx: MutationCtx,
  storageId: Id<"_storage">,
): Promise<boolean> {
  const user = await ctx.db
    .query("payloads")
    .withIndex("by_storageId", (q) => q.eq("body.storageId", storageId))
    .first();
  if (user !== null) return false;
  const file = await ctx.db.system.get("_storage", storageId);
  if (file !== null) await ctx.storage.delete(storageId);
  return true;
}

/** The JSON text of a payload. */
export async function readPayload(
  ctx: MutationCtx,
  { id, preview }: PayloadRef,
): Promise<string> {
  if (id === null) return preview;
  const payload = await ctx.db.get("payloads", id);
  if (payload === null) throw new Error(`Payload ${id} does not exist`);
  if (payload.body.kind === "inline") return payload.body.json;
  const blob = await ctx.storage.get(payload.body.storageId);
  if (blob === null)
    throw new Error(`The file of payload ${id} does not exist`);
  return await blob.text();
}

export type PayloadDescription = {
  bytes: number;
  type: string;
  preview: string;
};

export function describePayload(json: string): PayloadDescription {
  return {
    bytes: utf8Bytes(json),
    type: typeOf(json),
    preview: json.slice(0, PREVIEW_CHARS),
  };
}

/** What a person calls the kind of a value. */
function typeOf(json: string): string {
  switch (json[0]) {
    case "{":
      return "object";
    case "[":
      return "list";
    case '"':
      return "text";
    case "t":
    case "f":
      return "boolean";
    case "n":
      return "null";
    default:
      return "number";
  }
}

const isAscii = (text: string) =>
  text.length <= MAX_REF_CHARS && !/[^\0-\x7f]/.test(text);

export function utf8Bytes(text: string): number {
  return isAscii(text) ? text.length : encoder.encode(text).length;
}

/** What `storePayload` wrote is JSON. */
export function parsePayload(json: string): Json {
  return JSON.parse(json) as Json;
}
