/** The engine's parts put together for tests: its database, syscalls and job rules, with functions of the test's realm. */
import { randomBytes } from "node:crypto";
import type { GenericSchema, SchemaDefinition } from "convex/server";
import type { JSONValue } from "convex/values";
import { openDatabase } from "../database/database";
import type {
  Clock,
  ComponentPath,
  Database,
  SchemaJson,
} from "../database/types";
import { parseSchema, schemaJson } from "../deploy/schema-json";
import { FileStore } from "../runtime/files/file-store";
import { createMemoryFiles } from "../runtime/files/storage-files";
import { DEFAULT_LIMITS } from "../runtime/limits";
import type { FunctionTarget, SyscallArgs } from "../runtime/syscalls/address";
import type { UdfHost } from "../runtime/syscalls/udf-host";
import { JobRunner } from "../scheduler/job-runner";
import { HostActions, type HttpCall } from "./host-actions";
import type { HostCall } from "./host-call";
import { installScopes, outside } from "./host-scope";
import { HostTransactions } from "./host-transactions";
import { ScheduledRuntime } from "./scheduled-runtime";
import { ScheduledTimers } from "./scheduled-timers";
import { TestComponents } from "./test-components";
import type { ModuleGlob } from "./test-modules";
import {
  TransactionBudget,
  type TransactionLimits,
} from "./transaction-budget";
import { Turns } from "./turns";

export type AnySchema = SchemaDefinition<GenericSchema, boolean>;

const CLOUD_URL = "https://some-deployment.convex.cloud";
const ACTION_INSIDE =
  "An action cannot run inside a transaction: call it before or after.";

export class TestEngine {
  readonly scheduled: ScheduledTimers;
  readonly #components = new TestComponents();
  readonly #database: Database;
  readonly #transactions: HostTransactions;
  readonly #actions: HostActions;

  constructor(limits: TransactionLimits) {
    installScopes();
    const clock: Clock = { now: () => outside(() => Date.now()) };
    const random = { bytes: (length: number) => randomBytes(length) };
    const database = openDatabase({ path: ":memory:", clock, random });
    const turns = new Turns();
    const inTurn = inTurns(database, turns);
    const files = new FileStore({
      database: inTurn,
      files: createMemoryFiles(),
      cloudUrl: CLOUD_URL,
      clock,
      random,
    });
    const components = this.#components;
    const host = {
      components,
      limits: DEFAULT_LIMITS,
      udfs: udfHost(files, components),
      snapshot: () => database.hold("query"),
    };
    const budget = new TransactionBudget(limits);
    this.#database = database;
    this.#transactions = new HostTransactions({
      database,
      turns,
      clock,
      host,
      budget,
    });
    this.#actions = new HostActions({
      database: inTurn,
      clock,
      files,
      components,
      run: (call) => this.run(call),
    });
    const runtime = new ScheduledRuntime(components, (call) => this.run(call));
    this.scheduled = new ScheduledTimers({
      database,
      components: () => components.paths,
      jobs: new JobRunner({ database: inTurn, runtime, clock }),
    });
  }

  addComponent(
    path: ComponentPath,
    schema: AnySchema | undefined,
    glob: ModuleGlob,
  ): void {
    this.#components.add(path, glob);
    const json = schema === undefined ? null : exported(schema);
    this.#database.applySchemas(new Map([[path, json]]));
  }

  /** What an address means to a test: it stands where the app does. */
  resolve(address: SyscallArgs): FunctionTarget {
    return this.#components.resolve(address, "");
  }

  /** Rejects with whatever the function threw. */
  async run(call: HostCall): Promise<JSONValue> {
    if (call.kind !== "Action") return this.#transactions.run(call);
    this.#requireOutside();
    return this.#actions.run(call);
  }

  async fetch(request: Request, call: HttpCall): Promise<Response> {
    this.#requireOutside();
    return this.#actions.fetch(request, call);
  }

  #requireOutside(): void {
    if (this.#transactions.enclosing() !== null) throw new Error(ACTION_INSIDE);
  }
}

/** The database for whatever is no handler's transaction: its writes wait for the open one. */
function inTurns(
  database: Database,
  turns: Turns,
): Pick<Database, "read" | "write"> {
  return {
    read: (body) => database.read(body),
    write: (body) =>
      turns.take(() => {
        const written = database.write(body);
        database.flush();
        return written;
      }),
  };
}

function udfHost(files: FileStore, components: TestComponents): UdfHost {
  return {
    files,
    limits: DEFAULT_LIMITS,
    componentEnv: () => ({}),
    resolve: (args, { componentPath }) =>
      components.resolve(args, componentPath),
    schedulable: (target) => components.schedulable(target),
    runNested: () => {
      throw new Error("Nested functions are called by HostTransaction");
    },
  };
}

function exported(schema: AnySchema): SchemaJson {
  // `export` is what a push reads; it is not among the public types.
  const exportable = schema as unknown as { export(): string };
  return schemaJson(parseSchema(exportable.export()));
}
