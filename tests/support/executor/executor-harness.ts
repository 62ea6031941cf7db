/** The executor as the product runs it: a real deployment, a server for workflows to call, and verbs of the product. */
import { ConvexClient, ConvexHttpClient } from "convex/browser";
import {
  type FunctionArgs,
  type FunctionReference,
  type FunctionReturnType,
  makeFunctionReference,
} from "convex/server";
import { api, internal } from "../../../convex/_generated/api";
import type { Doc, Id, TableNames } from "../../../convex/_generated/dataModel";
import { iterationsAround } from "../../../convex/executor/keys";
import type { AttemptRow, StepRow } from "../../../convex/validators";
import {
  type AnsweringServer,
  startAnsweringServer,
} from "../answering-server";
import { type Deployment, startDeployment } from "../deployment";
import { present } from "./present";
import {
  createWorkspace,
  publishWorkflow,
  type Run,
  startRun,
  type Workspace,
} from "../workspace";

export type RunId = Id<"workflowRuns">;
const ALL = { numItems: 2_000, cursor: null };

export async function startExecutor(): Promise<ExecutorHarness> {
  const server = await startAnsweringServer();
  const deployment = await startDeployment({ demoPort: server.port });
  const workspace = await createWorkspace(deployment.url);
  return new ExecutorHarness(server, deployment, workspace);
}

export class ExecutorHarness {
  readonly server: AnsweringServer;
  readonly deployment: Deployment;
  readonly workspace: Workspace;
  readonly #live: ConvexClient;
  readonly #admin: AdminClient;
  #published = 0;

  constructor(
    server: AnsweringServer,
    deployment: Deployment,
    workspace: Workspace,
  ) {
    this.server = server;
    this.deployment = deployment;
    this.workspace = workspace;
    this.#live = new ConvexClient(deployment.url);
    this.#live.setAuth(() => Promise.resolve(workspace.token));
    this.#admin = adminClient(deployment);
  }

  get client(): ConvexHttpClient {
    return this.workspace.client;
  }

  async stop(): Promise<void> {
    await this.#live.close();
    await this.deployment.stop();
    await this.server.close();
  }

  /** `chain` is everything after `workflow`: `().code(…)`. The server's address is `$server` in it. */
  async publish(chain: string): Promise<Id<"workflows">> {
    this.#published += 1;
    const source = `import { NonRetryableError, workflow, z } from "lockstep";\nexport default workflow${chain}`;
    return await publishWorkflow(
      this.workspace,
      `flow ${this.#published}`,
      source.replaceAll("$server", this.server.origin),
    );
  }

  async start(
    workflowId: Id<"workflows">,
    input: unknown = {},
  ): Promise<RunId> {
    return await startRun(this.workspace, workflowId, input);
  }

  async publishAndStart(chain: string, input: unknown = {}): Promise<RunId> {
    return await this.start(await this.publish(chain), input);
  }

  async run(runId: RunId): Promise<Run> {
    return present(await this.client.query(api.workflowRuns.get, { runId }));
  }

  /** Follows the live query, as the screens do. */
  async untilRun(runId: RunId, isDone: (run: Run) => boolean): Promise<Run> {
    return present(
      await this.#until(
        api.workflowRuns.get,
        { runId },
        (run) => run !== null && isDone(run),
      ),
    );
  }

  async untilEnded(runId: RunId): Promise<Run> {
    return await this.untilRun(runId, ({ state }) =>
      ["completed", "failed", "cancelled"].includes(state.kind),
    );
  }

  async untilStep(
    runId: RunId,
    key: string,
    isDone: (step: StepRow) => boolean,
  ): Promise<StepRow> {
    const find = (rows: StepRow[]) =>
      rows.find((row) => row.key === key && isDone(row));
    const parentKey = iterationsAround(key).at(-1);
    const rows =
      parentKey === undefined
        ? await this.#until(
            api.stepExecutions.listByRun,
            { runId },
            (found) => find(found) !== undefined,
          )
        : (
            await this.#until(
              api.stepExecutions.listChildren,
              { runId, parentKey, paginationOpts: ALL },
              ({ page }) => find(page) !== undefined,
            )
          ).page;
    return present(find(rows));
  }

  /** Steps outside loop bodies, by key. */
  async steps(runId: RunId): Promise<Map<string, StepRow>> {
    const rows = await this.client.query(api.stepExecutions.listByRun, {
      runId,
    });
    return new Map(rows.map((row) => [row.key, row]));
  }

  async step(runId: RunId, key: string): Promise<StepRow> {
    return present((await this.steps(runId)).get(key));
  }

  /** Iterations of a loop, or steps of an iteration. */
  async children(runId: RunId, parentKey: string): Promise<StepRow[]> {
    const { page } = await this.client.query(api.stepExecutions.listChildren, {
      runId,
      parentKey,
      paginationOpts: ALL,
    });
    return page;
  }

  async attempts(step: StepRow): Promise<AttemptRow[]> {
    return await this.client.query(api.stepExecutions.listAttempts, {
      stepId: step._id,
    });
  }

  /** The stored value behind a reference. */
  async value(ref: { id: Id<"payloads"> } | null): Promise<unknown> {
    const payload = present(
      await this.client.query(api.payloads.get, {
        payloadId: present(ref).id,
      }),
    );
    if (payload.kind === "inline") return JSON.parse(payload.json);
    return await (await fetch(payload.url)).json();
  }

  async outputOf(runId: RunId): Promise<unknown> {
    const { state, output } = await this.untilEnded(runId);
    if (state.kind === "completed") return await this.value(output);
    throw new Error(`the run is ${JSON.stringify(state)}`);
  }

  /** E4: what the audit finds over the whole database. */
  async stuckRuns(): Promise<RunId[]> {
    return await this.#admin.query(internal.executor.audit.stuckRuns, {});
  }

  /** Documents as they are stored, the newest first. */
  async table<Table extends TableNames>(table: Table): Promise<Doc<Table>[]> {
    const { page } = await this.#admin.query(tableData, {
      table,
      order: "desc",
      paginationOpts: ALL,
    });
    // The deployment holds what `schema.ts` says.
    return page as Doc<Table>[];
  }

  /** What a worker would say to the database. */
  async exchange(
    args: FunctionArgs<typeof internal.executor.exchange.exchange>,
  ): Promise<FunctionReturnType<typeof internal.executor.exchange.exchange>> {
    return await this.#admin.mutation(
      internal.executor.exchange.exchange,
      args,
    );
  }

  async abandon(
    args: FunctionArgs<typeof internal.executor.exchange.abandon>,
  ): Promise<void> {
    await this.#admin.mutation(internal.executor.exchange.abandon, args);
  }

  async #until<Query extends FunctionReference<"query">>(
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
}

/** What the public client lacks: calling internal functions with the deployment's key. */
type AdminClient = {
  setAdminAuth(key: string): void;
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
};

const tableData = makeFunctionReference<
  "query",
  {
    table: string;
    order: "asc" | "desc";
    paginationOpts: { numItems: number; cursor: string | null };
  },
  { page: unknown[] }
>("_system/cli/tableData");

function adminClient({ url, adminKey }: Deployment): AdminClient {
  const client = new ConvexHttpClient(url) as unknown as AdminClient;
  client.setAdminAuth(adminKey);
  return client;
}
