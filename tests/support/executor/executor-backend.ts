/** How the harness reaches the product: on a deployment of its own, or in this process. */
import type {
  FunctionArgs,
  FunctionReference,
  FunctionReturnType,
} from "convex/server";
import type { Doc, Id, TableNames } from "../../../convex/_generated/dataModel";
import type { ProductClient } from "../workspace";

export interface ExecutorBackend {
  /** The owner of the organization. */
  client: ProductClient;
  organizationId: Id<"organizations">;
  /** Calls internal functions, as only the platform can. */
  system: SystemClient;
  /** The first result that is as wanted, from the live query. */
  until<Query extends FunctionReference<"query">>(
    query: Query,
    args: FunctionArgs<Query>,
    isDone: (value: FunctionReturnType<Query>) => boolean,
  ): Promise<FunctionReturnType<Query>>;
  /** Documents as they are stored, the newest first. */
  table<Table extends TableNames>(table: Table): Promise<Doc<Table>[]>;
  /** The text of a stored file, by the URL that a query gave. */
  download(url: string): Promise<string>;
  stop(): Promise<void>;
}

export interface SystemClient {
  query<Query extends FunctionReference<"query", "public" | "internal">>(
    query: Query,
    args: FunctionArgs<Query>,
  ): Promise<FunctionReturnType<Query>>;
  mutation<
    Mutation extends FunctionReference<"mutation", "public" | "internal">,
  >(
    mutation: Mutation,
    args: FunctionArgs<Mutation>,
  ): Promise<FunctionReturnType<Mutation>>;
  action<Action extends FunctionReference<"action", "public" | "internal">>(
    action: Action,
    args: FunctionArgs<Action>,
  ): Promise<FunctionReturnType<Action>>;
}
