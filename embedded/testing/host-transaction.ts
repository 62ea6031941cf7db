/**
 * One query or mutation under test. Its handler may wait for real things, so the engine's transaction stays open
 * meanwhile. What keeps that serializable and free of deadlocks:
 *  T1  Everything that begins a transaction or writes takes the engine's one turn (`TestEngine`), first come first
 *      served, and keeps it until its commit. So at most one transaction is open, and nothing changes beneath it.
 *  T2  What is called from inside a transaction never takes that turn: it is a sub-transaction of the open one.
 *      Actions cannot be started inside. So who holds the turn never waits for who waits for it.
 *  T3  The operations of one handler run one at a time in the order of their calls, and a nested function is one
 *      operation: nothing of its caller's comes between its start and the undoing of its writes.
 *  T4  A handler has ended when it has returned and its last operation is done. Then it can do nothing more.
 */
import type { JSONValue } from "convex/values";
import type { HeldTransaction } from "../database/types";
import {
  checkpoint,
  type Execution,
  type Frame,
  newExecution,
} from "../runtime/execution";
import type { RealmServices } from "../runtime/realm/realm-services";
import type { SyscallArgs } from "../runtime/syscalls/address";
import { udfServices } from "../runtime/syscalls/udf-syscalls";
import { checkCall, checkResult, childFrame } from "../runtime/udf-runner";
import { errorForCaller } from "./host-errors";
import type { HostFunction } from "./host-function";
import { transactionGlobals } from "./host-globals";
import { type ConvexGlobal, inScope, outside } from "./host-scope";
import type {
  NestedCall,
  OpenTransaction,
  TransactionHost,
} from "./open-transaction";
import { systemWrite } from "./system-writes";
import type {
  TransactionBudget,
  TransactionLimits,
} from "./transaction-budget";
import { Turns } from "./turns";

export interface TransactionOptions {
  host: TransactionHost;
  budget: TransactionBudget;
}

export class HostTransaction implements OpenTransaction {
  readonly #frame: Frame;
  readonly #options: TransactionOptions;
  readonly #services: RealmServices;
  readonly #operations = new Turns();
  #isInline = false;
  #hasEnded = false;

  constructor(frame: Frame, options: TransactionOptions) {
    this.#frame = frame;
    this.#options = options;
    this.#services = udfServices(frame, options.host.udfs);
  }

  belongsTo(host: TransactionHost): boolean {
    return this.#options.host === host;
  }

  async run(fn: HostFunction, args: JSONValue): Promise<JSONValue> {
    const { limits } = this.#options.host;
    checkCall(this.#frame, fn.info, args, limits);
    const value = await this.#invoke(fn, args);
    checkResult(this.#frame, fn.info, value, limits);
    return value;
  }

  /** T2. */
  callNested(call: NestedCall): Promise<JSONValue> {
    return this.#operate(() => this.#callNested(call));
  }

  async #invoke(fn: HostFunction, args: JSONValue): Promise<JSONValue> {
    const { nowMs, requestId } = this.#frame.execution;
    this.#isInline = fn.isInline;
    const scope = {
      convex: this.#convex(),
      globals: transactionGlobals(fn.isInline ? null : nowMs),
      transaction: this,
    };
    try {
      return await inScope(scope, () => fn.invoke(args, requestId));
    } finally {
      await this.#operations.idle();
      this.#hasEnded = true;
    }
  }

  #convex(): ConvexGlobal {
    return {
      syscall: (op, args) => outside(() => this.#services.syscall(op, args)),
      asyncSyscall: (op, args) =>
        this.#operate(() => this.#perform(op, args)).catch(
          (thrown: unknown) => {
            throw errorForCaller(thrown);
          },
        ),
      jsSyscall: (op) => {
        throw new Error(`${op} is only available in actions`);
      },
    };
  }

  /** T3, T4. */
  #operate<T>(work: () => Promise<T>): Promise<T> {
    if (this.#hasEnded) return Promise.reject(new Error(ENDED));
    return outside(() => this.#operations.take(work));
  }

  async #perform(op: string, text: string): Promise<string> {
    const { host, budget } = this.#options;
    const { execution, componentPath } = this.#frame;
    if (op === "1.0/runUdf")
      return JSON.stringify(await this.#callNested(this.#nestedCall(text)));
    if (op === "1.0/schedule")
      await host.components.prepare(parse(text), componentPath);
    const answer =
      this.#systemWrite(op, text) ?? this.#services.asyncSyscall(op, text);
    budget.check(execution);
    return op === "1.0/getTransactionMetrics"
      ? budget.narrowed(answer)
      : answer;
  }

  #systemWrite(op: string, text: string): string | undefined {
    if (!this.#isInline) return undefined;
    const written = systemWrite(this.#frame, op, parse(text));
    return written === undefined ? undefined : JSON.stringify(written);
  }

  #nestedCall(text: string): NestedCall {
    const args = parse(text);
    const { components } = this.#options.host;
    return {
      kind: String(args["udfType"]),
      target: components.resolve(args, this.#frame.componentPath),
      fn: null,
      args: args["args"] ?? {},
      limits: (args["transactionLimits"] ?? {}) as TransactionLimits,
    };
  }

  async #callNested(call: NestedCall): Promise<JSONValue> {
    const { host, budget } = this.#options;
    const frame = this.#childFrame(call);
    const fn = call.fn ?? (await host.components.find(call.target));
    const undo = checkpoint(frame.execution);
    const child = new HostTransaction(frame, {
      ...this.#options,
      budget: budget.within(frame.execution, call.limits ?? {}),
    });
    try {
      return await child.run(fn, call.args);
    } catch (error) {
      undo();
      throw error;
    }
  }

  #childFrame({ kind, target, identity }: NestedCall): Frame {
    const { limits, snapshot } = this.#options.host;
    const frame = childFrame(this.#frame, target, kind, limits);
    const execution = {
      ...frame.execution,
      identity: identity ?? frame.execution.identity,
    };
    if (kind === "snapshotQuery")
      return { ...frame, execution: onSnapshot(execution, snapshot()) };
    return identity === undefined ? frame : { ...frame, execution };
  }
}

function parse(args: string): SyscallArgs {
  return JSON.parse(args) as SyscallArgs;
}

function onSnapshot(execution: Execution, { tx }: HeldTransaction): Execution {
  const { identity, requestId, caller, nowMs, logs } = execution;
  const call = { identity, requestId, caller };
  return newExecution(tx, call, { nowMs, logs });
}

const ENDED =
  "This function has ended: await everything it does before it returns.";
