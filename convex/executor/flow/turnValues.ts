/** The values that one turn has read and stored. Each is read once. */
import type { Id } from "../../_generated/dataModel";
import type { MutationCtx } from "../../functions";
import type { Json } from "../../language/evaluation";
import {
  parsePayload,
  type PayloadRef,
  readPayload,
  smallPayload,
  storePayload,
} from "../../model/payloads";

export class TurnValues {
  bytesWritten = 0;
  readonly #ctx: MutationCtx;
  readonly #runId: Id<"workflowRuns">;
  readonly #known = new Map<Id<"payloads">, Json>();

  constructor(ctx: MutationCtx, runId: Id<"workflowRuns">) {
    this.#ctx = ctx;
    this.#runId = runId;
  }

  /** `json` is the value's text, for who has it already. */
  async store(
    value: Json,
    json: string = JSON.stringify(value),
  ): Promise<PayloadRef> {
    const small = smallPayload(json);
    if (small !== null) return this.#counted(small);
    const ref = await this.storeText(json);
    if (ref.id !== null) this.#known.set(ref.id, value);
    return ref;
  }

  async storeText(json: string): Promise<PayloadRef> {
    return this.#counted(await storePayload(this.#ctx, this.#runId, json));
  }

  #counted(ref: PayloadRef): PayloadRef {
    this.bytesWritten += ref.bytes;
    return ref;
  }

  /** A value that takes no reading; `read` reads the others. */
  atHand(ref: PayloadRef | null): Json | undefined {
    if (ref === null) return null;
    return ref.id === null
      ? parsePayload(ref.preview)
      : this.#known.get(ref.id);
  }

  async read(ref: PayloadRef | null): Promise<Json> {
    const known = this.atHand(ref);
    if (known !== undefined || !ref?.id) return known ?? null;
    const value = parsePayload(await readPayload(this.#ctx, ref));
    this.#known.set(ref.id, value);
    return value;
  }
}
