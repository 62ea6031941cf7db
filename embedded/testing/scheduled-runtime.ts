/** Scheduled functions as `JobRunner` runs them. */
import type { JSONValue } from "convex/values";
import { parseFunctionPath } from "../runtime/function-path";
import { JobSuperseded } from "../runtime/scheduled-run";
import { failureOf } from "../runtime/transaction-runner";
import type {
  ActionOutcome,
  FunctionCall,
  FunctionFailure,
  MutationOutcome,
  UdfType,
} from "../runtime/types";
import type { HostCall } from "./host-call";
import { functionError } from "./host-errors";
import type { TestComponents } from "./test-components";

export class ScheduledRuntime {
  readonly #components: TestComponents;
  readonly #run: (call: HostCall) => Promise<JSONValue>;

  constructor(
    components: TestComponents,
    run: (call: HostCall) => Promise<JSONValue>,
  ) {
    this.#components = components;
    this.#run = run;
  }

  udfTypeOf(component: string, path: string): UdfType | null {
    return this.#components.udfTypeOf(component, path);
  }

  async runMutation(call: FunctionCall): Promise<MutationOutcome> {
    const outcome = await this.#outcome("Mutation", call);
    return outcome.kind === "ok" ? { ...outcome, ts: 0n } : outcome;
  }

  runAction(call: FunctionCall): Promise<ActionOutcome> {
    return this.#outcome("Action", call);
  }

  async #outcome(
    kind: HostCall["kind"],
    { componentPath, path, ...call }: FunctionCall,
  ): Promise<ActionOutcome> {
    const target = { componentPath, path: parseFunctionPath(path) };
    try {
      const value = await this.#run({
        ...call,
        kind,
        target,
        fn: null,
      });
      return { kind: "ok", value, logLines: [] };
    } catch (thrown) {
      return this.#failed(call.requestId, path, thrown);
    }
  }

  /** Nobody waits for it, so the test's console is told. */
  #failed(requestId: string, path: string, thrown: unknown): FunctionFailure {
    if (!(thrown instanceof JobSuperseded))
      console.error(`Error when running scheduled function ${path}`, thrown);
    return failureOf(functionError(thrown), requestId, []);
  }
}
