/** Runs actions and HTTP actions of the test's modules. */
import type { JSONValue } from "convex/values";
import type { Clock, Database, Transaction } from "../database/types";
import { ActionSyscalls } from "../runtime/actions/action-syscalls";
import type { FileStore } from "../runtime/files/file-store";
import {
  checkArguments,
  checkEncoding,
  checkReturns,
  checkSize,
  wrongType,
} from "../runtime/function-info";
import { DEFAULT_LIMITS } from "../runtime/limits";
import type { ResolvedCall } from "../runtime/resolved-call";
import { failureOf } from "../runtime/transaction-runner";
import type { ActionOutcome } from "../runtime/types";
import { tableNames } from "../runtime/udf-runner";
import { type HostActionOptions, inAction } from "./host-action";
import type { HostCall } from "./host-call";
import { functionError } from "./host-errors";
import type { TestComponents } from "./test-components";

export interface HostActionsOptions {
  database: Pick<Database, "read" | "write">;
  clock: Clock;
  files: FileStore;
  components: TestComponents;
  /** Calls that actions make. */
  run: (call: HostCall) => Promise<JSONValue>;
}
export type HttpCall = Omit<HostCall, "kind" | "fn" | "args" | "target">;

type HttpAction = { invokeHttpAction(request: Request): Promise<Response> };
type Router = {
  lookup(
    path: string,
    method: string,
  ): readonly [HttpAction, ...string[]] | null;
};
const HTTP = { module: "http.js", name: "default" };

export class HostActions {
  readonly #options: HostActionsOptions;

  constructor(options: HostActionsOptions) {
    this.#options = options;
  }

  async run(call: HostCall): Promise<JSONValue> {
    const { path, componentPath } = call.target;
    const { components, database } = this.#options;
    const fn = call.fn ?? (await components.find(call.target));
    const check = (work: (names: ReturnType<typeof tableNames>) => void) =>
      database.read((tx: Transaction) => work(tableNames(tx, componentPath)));
    if (fn.info.udfType !== "Action")
      throw wrongType(path, "Action", fn.info.udfType);
    checkEncoding(call.args, path, { mayHaveCommitTs: false });
    checkSize(call.args, path, DEFAULT_LIMITS.argumentBytes, "args");
    check((names) => checkArguments(fn.info, call.args, names));
    const value = await inAction(this.#surroundings(call), () =>
      fn.invoke(call.args, call.requestId),
    );
    checkSize(value, path, DEFAULT_LIMITS.argumentBytes, "returns");
    check((names) => checkReturns(fn.info, value, names));
    return value;
  }

  /** The app's `http.ts`; what its handler throws reaches the test. */
  async fetch(request: Request, call: HttpCall): Promise<Response> {
    const http = await this.#options.components.modules("").load(HTTP.module);
    if (http === null)
      return notFound(
        "This Convex deployment does not have HTTP actions enabled.",
      );
    const { pathname } = new URL(request.url);
    // The default export of `http.ts` is a router, by the contract of `convex/server`.
    const router = http["default"] as Router;
    const found = router.lookup(pathname, request.method);
    if (found === null) return notFound("No matching routes found");
    const target = { componentPath: "", path: HTTP };
    return inAction(this.#surroundings({ ...call, target }), () =>
      found[0].invokeHttpAction(request),
    );
  }

  #surroundings(call: HttpCall & Pick<HostCall, "target">): HostActionOptions {
    const { components, database, clock, files } = this.#options;
    const host = {
      database,
      clock,
      files,
      udfs: components,
      childOf: (parent: string, name: string) =>
        components.childOf(parent, name),
      call: (kind: HostCall["kind"], inner: ResolvedCall) =>
        this.#outcome({ ...inner, kind, fn: null }),
    };
    const running = {
      ...call,
      scheduledFunctionId: call.scheduledFunctionId ?? null,
    };
    return {
      syscalls: new ActionSyscalls(host, running),
      prepare: (args) => components.prepare(args, call.target.componentPath),
    };
  }

  async #outcome(call: HostCall): Promise<ActionOutcome> {
    try {
      return { kind: "ok", value: await this.#options.run(call), logLines: [] };
    } catch (thrown) {
      return failureOf(functionError(thrown), call.requestId, []);
    }
  }
}

function notFound(text: string): Response {
  return new Response(text, { status: 404 });
}
