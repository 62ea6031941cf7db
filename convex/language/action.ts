import { isTimeout } from "./abortReason";
import type {
  ActionFetchRequest,
  ActionHost,
  ActionRequest,
  ActionResult,
  StepError,
} from "./evaluation";
import { loadEngine } from "./quickjs";
import { failed, isTooLarge, ok, stepErrorOf, tooLarge } from "./sandbox";
import { createContext, type UserContext } from "./sandboxContext";
import { limitError, SandboxFailure } from "./sandboxFailure";
import { PURE_BUDGET_MS } from "./snapshotSandbox";
import { toStepError, USER_FILE } from "./stepErrors";

/** What action code may use between two waits, and in all. */
export const SLICE_BUDGET_MS = 1_000;
export const TOTAL_BUDGET_MS = 10_000;
const MAX_CALLS_IN_FLIGHT = 100;

/**
 * Runs an action's asynchronous function, its `fetch` and `secrets` through the host. Ends when the
 * function's promise settles, when it waits for nothing, or when `host.signal` aborts; requests still
 * in flight are aborted then. Never throws for anything user code does.
 */
export async function runAction(
  request: ActionRequest,
  host: ActionHost,
): Promise<ActionResult> {
  const scope = JSON.stringify(request.scope);
  if (isTooLarge(scope)) return failed(tooLarge("The input"), []);
  const engine = await loadEngine();
  return new Promise((resolve, reject) => {
    const run = new ActionRun(host, resolve, reject);
    const context = createContext({
      engine,
      seed: request.seed,
      nowMs: request.nowMs,
      onCall: (op, id, payload) => run.called(op, id, payload),
      onLog: (line) => host.log(line),
      journal: { lines: 10_001, chars: 1024 * 1024 + 1 },
    });
    run.start(context, request, scope);
  });
}

type Settlement =
  { kind: "done"; text: string } | { kind: "failed"; error: StepError };

class ActionRun {
  readonly #host: ActionHost;
  readonly #resolve: (result: ActionResult) => void;
  readonly #reject: (bug: unknown) => void;
  readonly #abort = new AbortController();
  /** The context cannot go while code in it runs: a slice looks at the signal when it is over. */
  readonly #onAbort = () => {
    if (!this.#slicing) this.#aborted();
  };
  #slicing = false;
  #context: UserContext | null = null;
  #inFlight = 0;
  #settlement: Settlement | null = null;

  constructor(
    host: ActionHost,
    resolve: (result: ActionResult) => void,
    reject: (bug: unknown) => void,
  ) {
    this.#host = host;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start(context: UserContext, request: ActionRequest, scope: string): void {
    this.#context = context;
    if (this.#host.signal.aborted) return this.#aborted();
    this.#host.signal.addEventListener("abort", this.#onAbort);
    this.#slice((sandbox) => {
      sandbox.allow(PURE_BUDGET_MS);
      sandbox.evaluate(request.program, USER_FILE);
      sandbox.allow(SLICE_BUDGET_MS);
      sandbox.enter("start", request.fn.path, request.fn.slot, scope);
    });
  }

  /** User code calls the host, synchronously, in the middle of a slice. */
  called(op: string, id: string, payload: string): void {
    if (op === "done") this.#settlement = { kind: "done", text: id };
    else if (op === "failed")
      this.#settlement = {
        kind: "failed",
        error: toStepError(JSON.parse(id)),
      };
    else if (op === "stream") this.#host.stream(payload);
    else void this.#answer(op, id, payload);
  }

  async #answer(op: string, id: string, payload: string): Promise<void> {
    this.#inFlight += 1;
    const [outcome, text] = await this.#ask(op, payload).then(
      (value) => ["ok", JSON.stringify(value)] as const,
      (error: unknown) =>
        [
          "error",
          error instanceof Error ? error.message : String(error),
        ] as const,
    );
    this.#inFlight -= 1;
    this.#slice((sandbox) => sandbox.enter("settle", id, outcome, text));
  }

  async #ask(op: string, payload: string): Promise<unknown> {
    if (this.#inFlight > MAX_CALLS_IN_FLIGHT)
      throw new Error(
        `An action has at most ${MAX_CALLS_IN_FLIGHT} requests in flight at once.`,
      );
    // The SDK wrote the payload: its shape is ours.
    const asked: unknown = JSON.parse(payload);
    if (op === "secret") return this.#host.secret(String(asked));
    return this.#host.fetch(asked as ActionFetchRequest, this.#abort.signal);
  }

  #slice(run: (context: UserContext) => void): void {
    const context = this.#context;
    if (context === null) return;
    try {
      this.#slicing = true;
      context.allow(this.#budget(context));
      run(context);
      context.runJobs();
      this.#afterSlice(context);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#slicing = false;
    }
  }

  #budget(context: UserContext): number {
    const left = TOTAL_BUDGET_MS - context.usedMs();
    if (left > 0) return Math.min(left, SLICE_BUDGET_MS);
    throw new SandboxFailure(
      limitError(
        `The action computed for more than ${TOTAL_BUDGET_MS / 1000} s in all.`,
      ),
    );
  }

  #afterSlice(context: UserContext): void {
    const settlement = this.#settlement;
    if (this.#host.signal.aborted) return this.#aborted();
    if (settlement?.kind === "done") {
      if (this.#inFlight > 0) this.#warnOfUnawaited(context);
      return this.#end(ok(settlement.text, context.logs));
    }
    if (settlement?.kind === "failed")
      return this.#end(failed(settlement.error, context.logs));
    if (this.#inFlight > 0) return;
    this.#end(failed(waitsForNothing(), context.logs));
  }

  /** Legal, as in a race, but mostly a forgotten `await`. */
  #warnOfUnawaited(context: UserContext): void {
    const count =
      this.#inFlight === 1 ? "a request" : `${this.#inFlight} requests`;
    const message = `The action returned before ${count} had an answer; is an await missing? What was still going on was cut off.`;
    const line = { level: "warn", message } as const;
    context.relog([line]);
    this.#host.log(line);
  }

  #fail(error: unknown): void {
    try {
      this.#end(failed(stepErrorOf(error), this.#context?.logs ?? []));
    } catch (bug) {
      this.#release();
      this.#reject(bug);
    }
  }

  #aborted(): void {
    const timedOut = isTimeout(this.#host.signal.reason);
    const error: StepError = {
      name: timedOut ? "TimeoutError" : "CancelledError",
      message: timedOut
        ? "The action did not end in time."
        : "The action was cancelled.",
      code: timedOut ? "timeout" : "cancelled",
      retryable: timedOut,
      frames: [],
    };
    this.#end(failed(error, this.#context?.logs ?? []));
  }

  #end(result: ActionResult): void {
    this.#release();
    this.#resolve(result);
  }

  #release(): void {
    const context = this.#context;
    this.#context = null;
    this.#host.signal.removeEventListener("abort", this.#onAbort);
    this.#abort.abort();
    context?.dispose();
  }
}

function waitsForNothing(): StepError {
  return {
    name: "Error",
    message:
      "The action waits for a promise that nothing will ever settle; return or throw instead.",
    code: "user_error",
    retryable: false,
    frames: [],
  };
}
