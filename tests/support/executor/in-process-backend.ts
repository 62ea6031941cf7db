/** The product's functions in this process: no push, no sockets, no workers; time is real. */
import type {
  FunctionArgs,
  FunctionReference,
  FunctionReturnType,
} from "convex/server";
import type { Doc, Id, TableNames } from "../../../convex/_generated/dataModel";
import {
  createWorkspace,
  type Member,
  type Product,
  startProduct,
} from "../product-test";
import type { ProductClient } from "../workspace";
import type { ExecutorBackend, SystemClient } from "./executor-backend";
import { present } from "./present";

const ASK_AGAIN_MS = 25;
const PART = 4 * 1024 * 1024;

export async function startInProcess(): Promise<InProcessBackend> {
  const t = startProduct();
  const { owner, organizationId } = await createWorkspace(t);
  return new InProcessBackend(t, owner, organizationId);
}

class InProcessBackend implements ExecutorBackend {
  readonly client: ProductClient;
  readonly organizationId: Id<"organizations">;
  readonly system: SystemClient;
  readonly #t: Product;

  constructor(t: Product, owner: Member, organizationId: Id<"organizations">) {
    // Both are called with a reference and its arguments; their types are written differently.
    this.client = owner as unknown as ProductClient;
    this.system = t as unknown as SystemClient;
    this.organizationId = organizationId;
    this.#t = t;
  }

  async until<Query extends FunctionReference<"query">>(
    query: Query,
    args: FunctionArgs<Query>,
    isDone: (value: FunctionReturnType<Query>) => boolean,
  ): Promise<FunctionReturnType<Query>> {
    const client = this.client as unknown as SystemClient;
    for (;;) {
      const value = await client.query(query, args);
      if (isDone(value)) return value;
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
  }

  async table<Table extends TableNames>(table: Table): Promise<Doc<Table>[]> {
    return await this.#t.run(({ db }) =>
      db.query(table).order("desc").collect(),
    );
  }

  async download(url: string): Promise<string> {
    const found = await this.#t.run(async ({ db, storage }) => {
      const files = await db.system.query("_storage").collect();
      for (const { _id, size } of files)
        if ((await storage.getUrl(_id)) === url) return { id: _id, size };
      return null;
    });
    const { id, size } = present(found);
    const parts: ArrayBuffer[] = [];
    // A file may be larger than what a function may return.
    for (let from = 0; from < size; from += PART)
      parts.push(
        await this.#t.run(async ({ storage }) => {
          const file = present(await storage.get(id));
          return await file.slice(from, from + PART).arrayBuffer();
        }),
      );
    return await new Blob(parts).text();
  }

  /** Workers end by themselves when there is nothing to do. */
  async stop(): Promise<void> {
    await this.#t.finishInProgressScheduledFunctions();
  }
}
