/** The executor as the product runs it, a server for workflows to call, and verbs of the product. */
import type { FunctionArgs, FunctionReturnType } from "convex/server";
import { vi } from "vitest";
import { api, internal } from "../../../convex/_generated/api";
import type { Doc, Id, TableNames } from "../../../convex/_generated/dataModel";
import { iterationsAround } from "../../../convex/executor/flow/keys";
import type { BulkJob } from "../../../convex/validators/bulkJobs";
import type { AttemptRow, StepRow } from "../../../convex/validators/steps";
import {
  type AnsweringServer,
  startAnsweringServer,
} from "../answering-server";
import { type Deployment, startDeployment } from "../deployment";
import { present } from "./present";
import {
  createWorkspace,
  type ProductClient,
  publishWorkflow,
  type Run,
  startRun,
} from "../workspace";
import { GROUND } from "../ground";
import { DeployedBackend } from "./deployed-backend";
import type { ExecutorBackend, SystemClient } from "./executor-backend";
import { startInProcess } from "./in-process-backend";
import { wrongHistories } from "./run-histories";
import { opened } from "./stored-steps";

export type RunId = Id<"workflowRuns">;
export type StepOfRun = StepRow & { runId: RunId };
type FailedState = Extract<Run["state"], { kind: "failed" }>;
const ALL = { numItems: 2_000, cursor: null };

/** On a deployment of its own: real workers, sockets and processes. */
export async function startExecutor(): Promise<DeployedExecutor> {
  if (GROUND === "convex-test") return await startWithoutDeployment();
  const server = await startAnsweringServer();
  const deployment = await startDeployment({ demoPort: server.port });
  const workspace = await createWorkspace(deployment.url);
  const backend = new DeployedBackend(deployment, workspace);
  const executor = new DeployedExecutor(server, backend, deployment);
  await warmUp(executor);
  return executor;
}

/** Where there is no process of its own; tests that reach for it are in the skip list. */
async function startWithoutDeployment(): Promise<DeployedExecutor> {
  const server = await startServer();
  const executor = new DeployedExecutor(server, await startInProcess(), null);
  await warmUp(executor);
  return executor;
}

/**
 * The first workflow loads compiler and sandbox, which a busy machine may not do within the limits of one function. No
 * test is about that.
 */
async function warmUp(executor: ExecutorHarness): Promise<void> {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      const runId = await executor.publishAndStart(`().code("warm", () => 1)`);
      await executor.untilEnded(runId);
      return;
    } catch {
      // What was loaded stays loaded.
    }
  }
}

/** In this process: for what the functions decide, whoever runs them. */
export async function startExecutorInProcess(): Promise<ExecutorHarness> {
  return new ExecutorHarness(await startServer(), await startInProcess());
}

async function startServer(): Promise<AnsweringServer> {
  const server = await startAnsweringServer();
  vi.stubEnv("ALLOW_PRIVATE_NETWORK", `127.0.0.1:${server.port}`);
  return server;
}

export class ExecutorHarness {
  readonly server: AnsweringServer;
  readonly #backend: ExecutorBackend;
  #published = 0;

  constructor(server: AnsweringServer, backend: ExecutorBackend) {
    this.server = server;
    this.#backend = backend;
  }

  get client(): ProductClient {
    return this.#backend.client;
  }

  get organizationId(): Id<"organizations"> {
    return this.#backend.organizationId;
  }

  /** Calls internal functions, as only the platform can. */
  get system(): SystemClient {
    return this.#backend.system;
  }

  async stop(): Promise<void> {
    await this.#backend.stop();
    await this.server.close();
    vi.unstubAllEnvs();
  }

  /** `chain` is everything after `workflow`: `().code(…)`. The server's address is `$server` in it. */
  async publish(chain: string): Promise<Id<"workflows">> {
    this.#published += 1;
    const source = `import { NonRetryableError, secret, workflow, z } from "lockstep";\nexport default workflow${chain}`;
    return await publishWorkflow(
      this.#backend,
      `flow ${this.#published}`,
      source.replaceAll("$server", this.server.origin),
    );
  }

  async start(
    workflowId: Id<"workflows">,
    input: unknown = {},
  ): Promise<RunId> {
    return await startRun(this.#backend, workflowId, input);
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
      await this.#backend.until(
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

  async untilBulkJobs(
    isDone: (jobs: BulkJob[]) => boolean,
  ): Promise<BulkJob[]> {
    return await this.#backend.until(
      api.bulkJobs.listRecent,
      { organizationId: this.organizationId },
      isDone,
    );
  }

  async untilStep(
    runId: RunId,
    key: string,
    isDone: (step: StepRow) => boolean,
  ): Promise<StepOfRun> {
    const find = (rows: StepRow[]) =>
      rows.find((row) => row.key === key && isDone(row));
    const parentKey = iterationsAround(key).at(-1);
    const rows =
      parentKey === undefined
        ? await this.#backend.until(
            api.stepExecutions.listByRun,
            { runId },
            (found) => find(found) !== undefined,
          )
        : (
            await this.#backend.until(
              api.stepExecutions.listChildren,
              { runId, parentKey, paginationOpts: ALL },
              ({ page }) => find(page) !== undefined,
            )
          ).page;
    return { ...present(find(rows)), runId };
  }

  /** Steps outside loop bodies, by key. */
  async steps(runId: RunId): Promise<Map<string, StepOfRun>> {
    const rows = await this.client.query(api.stepExecutions.listByRun, {
      runId,
    });
    return new Map(rows.map((row) => [row.key, { ...row, runId }]));
  }

  async step(runId: RunId, key: string): Promise<StepOfRun> {
    return present((await this.steps(runId)).get(key));
  }

  /** Iterations of a loop, or steps of an iteration. */
  async children(runId: RunId, parentKey: string): Promise<StepOfRun[]> {
    const { page } = await this.client.query(api.stepExecutions.listChildren, {
      runId,
      parentKey,
      paginationOpts: ALL,
    });
    return page.map((row) => ({ ...row, runId }));
  }

  async attempts(step: StepOfRun): Promise<AttemptRow[]> {
    return await this.client.query(api.stepExecutions.listAttempts, {
      runId: step.runId,
      stepKey: step.key,
    });
  }

  /** What an attempt logged. */
  async lines(step: StepOfRun, attempt = 1) {
    const { page } = await this.client.query(api.stepOutput.listLines, {
      runId: step.runId,
      stepKey: step.key,
      attempt,
      paginationOpts: ALL,
    });
    return page;
  }

  async streamed(step: StepOfRun, attempt = 1) {
    const { page } = await this.client.query(api.stepOutput.listStream, {
      runId: step.runId,
      stepKey: step.key,
      attempt,
      paginationOpts: ALL,
    });
    return page;
  }

  /** The stored value behind a reference. */
  async value(ref: StepRow["output"]): Promise<unknown> {
    const { id: payloadId, preview } = present(ref);
    if (payloadId === null) return JSON.parse(preview);
    const payload = present(
      await this.client.query(api.payloads.get, { payloadId }),
    );
    if (payload.kind === "inline") return JSON.parse(payload.json);
    return JSON.parse(await this.#backend.download(payload.url)) as unknown;
  }

  /** Of the steps outside loop bodies, by key. */
  async states(
    runId: RunId,
  ): Promise<Record<string, StepRow["state"]["kind"]>> {
    const steps = await this.steps(runId);
    return Object.fromEntries(
      [...steps].map(([key, { state }]) => [key, state.kind]),
    );
  }

  async tasksOf(runId: RunId): Promise<Doc<"tasks">[]> {
    return (await this.table("tasks")).filter((task) => task.runId === runId);
  }

  /** How a run that must fail ended. */
  async failureOf(
    chain: string,
    input?: unknown,
  ): Promise<Pick<Run, "error"> & { runId: RunId; state: FailedState }> {
    const runId = await this.publishAndStart(chain, input);
    const { state, error } = await this.untilEnded(runId);
    if (state.kind === "failed") return { runId, state, error };
    throw new Error(`the run is ${JSON.stringify(state)}`);
  }

  async outputOf(runId: RunId): Promise<unknown> {
    const { state, output } = await this.untilEnded(runId);
    if (state.kind === "completed") return await this.value(output);
    throw new Error(`the run is ${JSON.stringify(state)}`);
  }

  /** E4: what the audit finds over the whole database. */
  async stuckRuns(): Promise<RunId[]> {
    return await this.#backend.system.query(
      internal.executor.audit.stuckRuns,
      {},
    );
  }

  /** What the history of any run gives other than its rows hold. */
  async wrongHistories(): Promise<string[]> {
    return wrongHistories({
      runs: await this.table("workflowRuns"),
      steps: await this.table("stepExecutions"),
      chunks: await this.table("runEvents"),
    });
  }

  async table<Table extends TableNames>(table: Table): Promise<Doc<Table>[]> {
    return opened(table, await this.#backend.table(table));
  }

  /** What a worker would say to the database. */
  async exchange(
    args: FunctionArgs<typeof internal.executor.exchange.exchange>,
  ): Promise<FunctionReturnType<typeof internal.executor.exchange.exchange>> {
    return await this.#backend.system.mutation(
      internal.executor.exchange.exchange,
      args,
    );
  }

  async abandon(
    args: FunctionArgs<typeof internal.executor.exchange.abandon>,
  ): Promise<void> {
    await this.#backend.system.mutation(
      internal.executor.exchange.abandon,
      args,
    );
  }
}

/** With the process within reach. */
export class DeployedExecutor extends ExecutorHarness {
  readonly #deployment: Deployment | null;

  constructor(
    server: AnsweringServer,
    backend: ExecutorBackend,
    deployment: Deployment | null,
  ) {
    super(server, backend);
    this.#deployment = deployment;
  }

  get deployment(): Deployment {
    if (this.#deployment === null) throw new Error("there is no process");
    return this.#deployment;
  }
}
