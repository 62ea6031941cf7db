/** Opens and commits the transactions that tests, actions and the scheduler ask for. T1 and T2 of `HostTransaction`. */
import { randomBytes } from "node:crypto";
import type { JSONValue } from "convex/values";
import type { Clock, Database, HeldTransaction } from "../database/types";
import {
  type Execution,
  type Frame,
  newExecution,
  seedFrom,
} from "../runtime/execution";
import { DEFAULT_LIMITS } from "../runtime/limits";
import { LogBuffer } from "../runtime/log-lines";
import { markStarted, markSucceeded } from "../runtime/scheduled-run";
import { resolveCommitTs } from "../values/commit-ts";
import type { HostCall } from "./host-call";
import { currentTransaction, outside } from "./host-scope";
import { HostTransaction } from "./host-transaction";
import type { OpenTransaction, TransactionHost } from "./open-transaction";
import type { TransactionBudget } from "./transaction-budget";
import type { Turns } from "./turns";

export interface HostTransactionsOptions {
  database: Database;
  /** Of everything that begins a transaction or writes. */
  turns: Turns;
  clock: Clock;
  host: TransactionHost;
  budget: TransactionBudget;
}

export class HostTransactions {
  readonly #options: HostTransactionsOptions;

  constructor(options: HostTransactionsOptions) {
    this.#options = options;
  }

  /** From inside one of our transactions this is a sub-transaction of it. */
  run(call: HostCall): Promise<JSONValue> {
    const around = this.enclosing();
    if (around === null)
      return outside(() => this.#options.turns.take(() => this.#run(call)));
    return around.callNested({ ...call, kind: call.kind.toLowerCase() });
  }

  /** The transaction that the calling code is part of. */
  enclosing(): OpenTransaction | null {
    const around = currentTransaction();
    return around?.belongsTo(this.#options.host) === true ? around : null;
  }

  async #run(call: HostCall): Promise<JSONValue> {
    const { database, host, budget } = this.#options;
    const fn = call.fn ?? (await host.components.find(call.target));
    const udfType = call.kind === "Query" ? "Query" : "Mutation";
    const held = database.hold(udfType === "Query" ? "query" : "mutation");
    const execution = this.#execution(held, call);
    const seed = seedFrom(randomBytes(16));
    const frame: Frame = { execution, ...call.target, udfType, depth: 0, seed };
    markStarted(execution, call.target.componentPath);
    const transaction = new HostTransaction(frame, { host, budget });
    const value = await transaction.run(fn, call.args);
    markSucceeded(execution, call.target.componentPath);
    return udfType === "Query" ? value : this.#commit(held, execution, value);
  }

  async #commit(
    held: HeldTransaction,
    execution: Execution,
    value: JSONValue,
  ): Promise<JSONValue> {
    const committing = held.commit();
    this.#options.database.flush();
    const ts = await committing;
    for (const work of execution.afterCommit) work();
    return resolveCommitTs(value, ts);
  }

  #execution({ tx }: HeldTransaction, call: HostCall): Execution {
    const { clock } = this.#options;
    return newExecution(tx, call, {
      nowMs: Math.floor(clock.now()),
      logs: new LogBuffer(DEFAULT_LIMITS, () => clock.now()),
    });
  }
}
