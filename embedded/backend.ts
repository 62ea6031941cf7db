/** The only composition root: everything below is put together here, for the process and for tests alike. */
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { newAdminKey, signingKey } from "./auth/admin-key";
import { Authenticator } from "./auth/authenticator";
import { KeySets } from "./auth/key-sets";
import { TokenVerifier } from "./auth/token-verifier";
import { openDatabase } from "./database/database";
import type { Clock, Database, Random } from "./database/types";
import { ClientFunctions } from "./deploy/client-functions";
import { Deployment } from "./deploy/deployment";
import { LogStream } from "./deploy/log-stream";
import { Pushes } from "./deploy/pushes";
import { pinnable } from "./deploy/snapshots/pinned-files";
import { Snapshots } from "./deploy/snapshots/snapshots";
import { SystemQueries } from "./deploy/system-queries";
import {
  createApiHandler,
  createSiteHandler,
  type FetchHandler,
} from "./http/api-handler";
import { Health } from "./http/health";
import { type Address, ListeningServers } from "./http/listening-servers";
import type { MetricsSource } from "./http/metrics-page";
import { removeOrphanFiles } from "./runtime/files/orphan-files";
import {
  createFolderFiles,
  createMemoryFiles,
} from "./runtime/files/storage-files";
import type { RuntimeLimits } from "./runtime/limits";
import { createRuntime } from "./runtime/runtime";
import type { LogEntry, Runtime } from "./runtime/types";
import { Scheduler } from "./scheduler/scheduler";
import { SyncServer } from "./sync/sync-server";
import { serverLog } from "./telemetry/server-log";
import { RandomPool } from "./values/random-pool";
import { FunctionMetrics } from "./telemetry/function-metrics";

const DEFAULT_PARALLEL_JOBS = 8;
const STOP_WITHIN_MS = 4_000;
const LAST_ANSWERS_WITHIN_MS = 500;
const VERSION = "lockstep";

export type BackendOptions = {
  /** A folder that is created if need be, or ":memory:". */
  dataFolder: string;
  /** As clients and functions see them. */
  origins: { cloudUrl: string; siteUrl: string };
  adminKey?: string;
  instanceName?: string;
  clock?: Clock;
  random?: Random;
  isRedacted?: boolean;
  parallelJobs?: number;
  limits?: Partial<RuntimeLimits>;
};

export interface Backend {
  readonly adminKey: string;
  readonly database: Database;
  readonly runtime: Runtime;
  /** Both origins as fetch-style handlers, without sockets. */
  readonly api: FetchHandler;
  readonly site: FetchHandler;
  /** Rejects with the error of `listen` when a port is taken. */
  listen(address: Address): Promise<void>;
  /** Refuses new work, answers what is in flight within a few seconds, and lets everything go. */
  close(): Promise<void>;
}

/** Throws `StorageError` when the data folder cannot be used. Scheduled functions run from here on. */
export async function createBackend(options: BackendOptions): Promise<Backend> {
  const clock = options.clock ?? { now: () => Date.now() };
  const random = options.random ?? new RandomPool();
  const instanceName = options.instanceName ?? "lockstep";
  const adminKey = options.adminKey ?? newAdminKey(instanceName, random.bytes);
  const data = openData(options.dataFolder, { clock, random });
  const backend = new EmbeddedBackend({
    ...options,
    ...data,
    clock,
    random,
    instanceName,
    adminKey,
  });
  await backend.start();
  return backend;
}

function openData(folder: string, services: { clock: Clock; random: Random }) {
  if (folder === ":memory:") {
    return {
      database: openDatabase({ path: folder, ...services }),
      storageFiles: pinnable(createMemoryFiles()),
      databaseBytes: () => 0,
    };
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, "database.sqlite");
  return {
    database: openDatabase({ path, ...services }),
    storageFiles: pinnable(createFolderFiles(join(folder, "files"))),
    databaseBytes: () => fileSize(path) + fileSize(`${path}-wal`),
  };
}

function fileSize(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

type Parts = Required<
  Pick<BackendOptions, "adminKey" | "instanceName" | "clock" | "random">
> &
  BackendOptions &
  ReturnType<typeof openData>;

class EmbeddedBackend implements Backend {
  readonly adminKey: string;
  readonly database: Database;
  readonly runtime: Runtime;
  readonly api: FetchHandler;
  readonly site: FetchHandler;
  readonly #deployment: Deployment;
  readonly #scheduler: Scheduler;
  readonly #sync: SyncServer;
  readonly #logs: LogStream;
  readonly #snapshots: Snapshots;
  readonly #sweepFiles: () => Promise<void>;
  readonly #health: Health;
  readonly #functionMetrics = new FunctionMetrics();
  readonly #servers: ListeningServers;
  #closing: Promise<void> | null = null;

  constructor(parts: Parts) {
    const { database, origins, clock, random } = parts;
    this.adminKey = parts.adminKey;
    this.database = database;
    this.runtime = createRuntime({
      database,
      storageFiles: parts.storageFiles,
      origins,
      clock,
      random,
      uploadTokenKey: signingKey(parts.adminKey, "upload tokens"),
      ...(parts.limits === undefined ? {} : { limits: parts.limits }),
    });
    this.#deployment = new Deployment({ database, runtime: this.runtime });
    this.#logs = new LogStream(Math.floor(clock.now()));
    this.runtime.onLog((entry) => {
      this.#logs.add(entry);
      this.#count(entry);
    });
    this.#health = new Health({ database, now: clock.now });
    const authenticator = this.#createAuthenticator(parts);
    const functions = this.#createFunctions(parts);
    const newRequestId = () => Buffer.from(random.bytes(8)).toString("hex");
    this.#sync = new SyncServer({
      database,
      functions,
      authenticator,
      now: clock.now,
      newRequestId,
    });
    this.#scheduler = this.#createScheduler(parts);
    this.#snapshots = this.#createSnapshots(parts);
    this.#sweepFiles = () => this.#removeOrphanFiles(parts);
    this.site = createSiteHandler({ runtime: this.runtime, authenticator });
    this.api = createApiHandler({
      authenticator,
      functions,
      database,
      newRequestId,
      runtime: this.runtime,
      origins,
      instanceName: parts.instanceName,
      version: VERSION,
      logs: this.#logs,
      pushes: this.#createPushes(parts),
      snapshots: this.#snapshots,
      environment: () => this.#deployment.environment,
      changeEnvironment: (changes) =>
        this.#deployment.changeEnvironment(changes),
      health: this.#health,
      metrics: this.#metricsSource(parts),
    });
    this.#servers = new ListeningServers({
      api: this.api,
      site: this.site,
      sync: this.#sync,
    });
  }

  async start(): Promise<void> {
    try {
      await this.#deployment.load();
      await this.#snapshots.start();
      await this.#scheduler.start();
    } catch (error) {
      await this.close();
      throw error;
    }
    void this.#sweepFiles();
  }

  listen(address: Address): Promise<void> {
    return this.#servers.listen(address);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Whatever was acknowledged is on disk already; what still runs after a few seconds is answered with an error. */
  async #close(): Promise<void> {
    this.#health.stop();
    this.#logs.close();
    const drained = Promise.all([
      this.#servers.drain(),
      this.#sync.drain(),
      this.#scheduler.stop(),
    ]);
    await Promise.race([drained, pause(STOP_WITHIN_MS)]);
    await this.#snapshots.close();
    await this.runtime.close();
    await Promise.race([drained, pause(LAST_ANSWERS_WITHIN_MS)]);
    this.#sync.terminate();
    this.#servers.terminate();
    this.database.close();
  }

  #count({ kind, udfType, executionTimeMs, error }: LogEntry): void {
    if (kind !== "Completion") return;
    const isError = error !== null;
    this.#functionMetrics.record(udfType, {
      milliseconds: executionTimeMs,
      isError,
    });
  }

  #metricsSource({ database, databaseBytes }: Parts): MetricsSource {
    return {
      commits: database.metrics,
      functions: this.#functionMetrics,
      sync: () => this.#sync.load(),
      actions: () => this.runtime.actionLoad(),
      waitingMutations: () => this.runtime.waitingMutations,
      jobs: () => this.#scheduler.load(),
      requestsInFlight: () => this.#servers.requestsInFlight,
      databaseBytes,
    };
  }

  /** Keys may be served by this very deployment, which need not be reachable at its public origin from here. */
  #createAuthenticator({ adminKey, clock, origins }: Parts): Authenticator {
    const fetchDocument = (url: string) =>
      new URL(url).origin === new URL(origins.siteUrl).origin
        ? this.site(new Request(url))
        : fetch(url);
    const keySets = new KeySets({ fetchDocument, now: clock.now });
    const verifier = new TokenVerifier({
      providers: () => this.#deployment.providers,
      keySets,
      now: clock.now,
    });
    return new Authenticator({ adminKey, verifier });
  }

  /** Ages of files are by the machine's clock. */
  async #removeOrphanFiles(parts: Parts): Promise<void> {
    try {
      await removeOrphanFiles({
        database: parts.database,
        files: parts.storageFiles,
        nowMs: Date.now(),
        isStopped: () => this.#closing !== null,
      });
    } catch (error) {
      serverLog.error("Leftover files could not be removed", error);
    }
  }

  #createFunctions({
    database,
    origins,
    isRedacted = false,
  }: Parts): ClientFunctions {
    const systemQueries = new SystemQueries({
      database,
      cloudUrl: origins.cloudUrl,
    });
    return new ClientFunctions({
      runtime: this.runtime,
      systemQueries,
      isRedacted,
    });
  }

  #createScheduler({ database, clock, parallelJobs }: Parts): Scheduler {
    const { runtime } = this;
    return new Scheduler({
      database,
      clock,
      parallelism: parallelJobs ?? DEFAULT_PARALLEL_JOBS,
      components: () => runtime.components(),
      runtime,
    });
  }

  #createSnapshots(parts: Parts): Snapshots {
    const { database, dataFolder, storageFiles, instanceName } = parts;
    return new Snapshots({
      database,
      files: storageFiles,
      dataFolder: dataFolder === ":memory:" ? null : dataFolder,
      instanceName,
      onPublished: () => this.#sync.codeChanged(),
    });
  }

  #createPushes({ database, clock, random }: Parts): Pushes {
    return new Pushes({
      database,
      evaluator: this.runtime,
      nowMs: clock.now,
      randomBytes: random.bytes,
      prepare: async (next) => {
        const swapIn = await this.#deployment.prepare(next);
        return () => {
          swapIn();
          this.#sync.codeChanged();
        };
      },
    });
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
