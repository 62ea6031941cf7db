/** The product on a deployment of its own: a process, pushed functions, the official clients. */
import { ConvexClient, ConvexHttpClient } from "convex/browser";
import {
  type FunctionArgs,
  type FunctionReference,
  type FunctionReturnType,
  makeFunctionReference,
} from "convex/server";
import type { Doc, TableNames } from "../../../convex/_generated/dataModel";
import type { Deployment } from "../deployment";
import type { ProductClient, Workspace } from "../workspace";
import type { ExecutorBackend, SystemClient } from "./executor-backend";

const ALL = { numItems: 2_000 };

export class DeployedBackend implements ExecutorBackend {
  readonly client: ProductClient;
  readonly organizationId: Workspace["organizationId"];
  readonly system: SystemClient;
  readonly #deployment: Deployment;
  readonly #live: ConvexClient;

  constructor(deployment: Deployment, workspace: Workspace) {
    this.client = workspace.client;
    this.organizationId = workspace.organizationId;
    this.system = systemClient(deployment);
    this.#deployment = deployment;
    this.#live = new ConvexClient(deployment.url);
    this.#live.setAuth(() => Promise.resolve(workspace.token));
  }

  async until<Query extends FunctionReference<"query">>(
    query: Query,
    args: FunctionArgs<Query>,
    isDone: (value: FunctionReturnType<Query>) => boolean,
  ): Promise<FunctionReturnType<Query>> {
    return await new Promise((resolve, reject) => {
      const unsubscribe = this.#live.onUpdate(
        query,
        args,
        (value) => {
          if (!isDone(value)) return;
          setImmediate(() => unsubscribe());
          resolve(value);
        },
        reject,
      );
    });
  }

  async table<Table extends TableNames>(table: Table): Promise<Doc<Table>[]> {
    const rows: unknown[] = [];
    for (let cursor: string | null = null, isDone = false; !isDone;) {
      const found: TablePage = await this.system.query(tableData, {
        table,
        order: "desc",
        paginationOpts: { ...ALL, cursor },
      });
      rows.push(...found.page);
      ({ isDone, continueCursor: cursor } = found);
    }
    // The deployment holds what `schema.ts` says.
    return rows as Doc<Table>[];
  }

  async download(url: string): Promise<string> {
    return await (await fetch(url)).text();
  }

  async stop(): Promise<void> {
    await this.#live.close();
    await this.#deployment.stop();
  }
}

type TablePage = { page: unknown[]; isDone: boolean; continueCursor: string };

const tableData = makeFunctionReference<
  "query",
  {
    table: string;
    order: "asc" | "desc";
    paginationOpts: { numItems: number; cursor: string | null };
  },
  TablePage
>("_system/cli/tableData");

/** What the public client lacks: calling internal functions with the deployment's key. */
function systemClient({ url, adminKey }: Deployment): SystemClient {
  const client = new ConvexHttpClient(url) as unknown as SystemClient & {
    setAdminAuth(key: string): void;
  };
  client.setAdminAuth(adminKey);
  return client;
}
