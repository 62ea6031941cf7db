import type {
  ActionOutcome,
  FunctionCall,
  MutationOutcome,
  QueryOutcome,
  Runtime,
} from "../runtime/types";
import { isSystemPath, type SystemQueries } from "./system-queries";

type Functions = Pick<
  Runtime,
  | "runQuery"
  | "runQueries"
  | "runMutation"
  | "runAction"
  | "runAny"
  | "runInlineQuery"
>;
type InlineQuery = Pick<
  FunctionCall,
  "componentPath" | "args" | "requestId"
> & {
  source: string;
};

/** Functions as clients reach them: with the system queries, and redacted if the deployment is so configured. */
export class ClientFunctions implements Omit<Functions, "runInlineQuery"> {
  readonly #runtime: Functions;
  readonly #systemQueries: SystemQueries;
  readonly #isRedacted: boolean;

  constructor(options: {
    runtime: Functions;
    systemQueries: SystemQueries;
    isRedacted: boolean;
  }) {
    this.#runtime = options.runtime;
    this.#systemQueries = options.systemQueries;
    this.#isRedacted = options.isRedacted;
  }

  runQuery(call: FunctionCall): QueryOutcome {
    if (isSystemPath(call.path)) return this.#systemQueries.run(call);
    return this.#redacted(this.#runtime.runQuery(call));
  }

  runQueries(calls: readonly FunctionCall[], until: number): QueryOutcome[] {
    const [first] = calls;
    if (first !== undefined && isSystemPath(first.path))
      return [this.runQuery(first)];
    const system = calls.findIndex(({ path }) => isSystemPath(path));
    const own = system === -1 ? calls : calls.slice(0, system);
    const outcomes = this.#runtime.runQueries(own, until);
    return outcomes.map((outcome) => this.#redacted(outcome));
  }

  /** Only for admins. */
  async runInlineQuery({
    source,
    ...call
  }: InlineQuery): Promise<QueryOutcome> {
    const outcome = await this.#runtime.runInlineQuery(
      {
        ...call,
        identity: { kind: "admin" },
        caller: "HttpApi",
        allowInternal: true,
      },
      source,
    );
    return this.#redacted(outcome);
  }

  async runMutation(call: FunctionCall): Promise<MutationOutcome> {
    return this.#redacted(await this.#runtime.runMutation(call));
  }

  async runAction(call: FunctionCall): Promise<ActionOutcome> {
    return this.#redacted(await this.#runtime.runAction(call));
  }

  async runAny(call: FunctionCall): Promise<ActionOutcome> {
    if (isSystemPath(call.path)) return this.#systemQueries.run(call);
    return this.#redacted(await this.#runtime.runAny(call));
  }

  /** Log lines and everything after "Server Error" stay here; a ConvexError's data is meant for clients. */
  #redacted<T extends ActionOutcome>(outcome: T): T {
    if (!this.#isRedacted) return outcome;
    if (outcome.kind === "ok") return { ...outcome, logLines: [] };
    const [errorMessage = ""] = outcome.errorMessage.split("\n");
    return { ...outcome, errorMessage, logLines: [] };
  }
}
