/** Writer of `events`. An event is stored first; who it is for is found in the same transaction by the executor. */
import type { Doc, Id } from "../_generated/dataModel";
import { must, userError } from "../errors";
import type { MutationCtx } from "../functions";
import { EVENT_NAME_RULE, isEventName } from "../language/eventNames";
import type { Json } from "../language/evaluation";
import { utf8Bytes } from "./payloads";

export const MAX_EVENT_BYTES = 64 * 1024;
const MAX_KEY = 200;

export type NewEvent = {
  organizationId: Id<"organizations">;
  /** null: for every run of the organization that waits for it. */
  runId: Id<"workflowRuns"> | null;
  name: string;
  /** JSON text. */
  data: string;
  key: string | null;
  sentBy: string;
};

/** `isNew` is false when the sender has sent this key before: nothing is stored. */
export async function storeEvent(
  ctx: MutationCtx,
  event: NewEvent,
): Promise<{ event: Doc<"events">; isNew: boolean }> {
  checkEvent(event);
  const known = await eventByKey(ctx, event);
  if (known !== null) return { event: known, isNew: false };
  const eventId = await ctx.db.insert("events", event);
  const stored = must(await ctx.db.get("events", eventId), `event ${eventId}`);
  return { event: stored, isNew: true };
}

/** `storeEvent` checked that it is JSON. */
export function eventData(event: Doc<"events">): Json {
  return JSON.parse(event.data) as Json;
}

function checkEvent({ name, data, key }: NewEvent): void {
  if (!isEventName(name))
    throw refused("name", `The name of an event is ${EVENT_NAME_RULE}.`);
  if (key !== null && (key === "" || key.length > MAX_KEY))
    throw refused("key", `The key of an event has 1 to ${MAX_KEY} characters.`);
  if (utf8Bytes(data) > MAX_EVENT_BYTES)
    throw userError(
      "payload_too_large",
      "The data of an event is larger than 64 KiB. Keep large data elsewhere and pass a reference to it.",
      { field: "data" },
    );
  try {
    JSON.parse(data);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw refused("data", `The data of the event is not JSON: ${reason}.`);
  }
}

function refused(field: string, message: string) {
  return userError("invalid_argument", message, { field });
}

async function eventByKey(
  ctx: MutationCtx,
  { organizationId, key }: NewEvent,
): Promise<Doc<"events"> | null> {
  if (key === null) return null;
  return await ctx.db
    .query("events")
    .withIndex("by_organizationId_and_key", (q) =>
      q.eq("organizationId", organizationId).eq("key", key),
    )
    .unique();
}
