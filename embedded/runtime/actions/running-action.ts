/** One action inside a worker: its unanswered syscalls, its scope, and how it ends, once. */
import type { FunctionError } from "../errors";
import type { Reply } from "../realm/realm-host";
import type { ActionServices } from "./action-services";
import type {
  ActionJob,
  ErrorData,
  FromWorker,
  RequestPart,
  StoredBytes,
  ToWorker,
} from "./worker-messages";

type Settle = (reply: Reply, bytes?: StoredBytes | null) => void;
type Own<Kind> = Kind extends FromWorker ? Omit<Kind, "id"> : never;
/** What an action of any kind may say; the id is added here. */
export type OwnMessage = Own<Extract<FromWorker, { id: number }>>;

/** What its scope adds when the action has started. */
export interface Hooks {
  requestPart?: (part: RequestPart) => void;
  responseTaken?: () => void;
  aborted?: () => void;
  ended?: () => void;
}

export class RunningAction implements ActionServices {
  readonly job: ActionJob;
  hooks: Hooks = {};
  readonly #post: (message: FromWorker) => void;
  readonly #onEnd: () => void;
  readonly #waiting = new Map<number, Settle>();
  #nextTicket = 1;
  #ended = false;

  constructor(
    job: ActionJob,
    options: { post: (message: FromWorker) => void; onEnd: () => void },
  ) {
    this.job = job;
    this.#post = options.post;
    this.#onEnd = options.onEnd;
  }

  post(message: OwnMessage): void {
    if (!this.#ended) this.#post({ ...message, id: this.job.id });
  }

  syscall(op: string, args: string, settle: Settle, bytes?: StoredBytes): void {
    if (this.#ended) return;
    const ticket = this.#nextTicket++;
    this.#waiting.set(ticket, settle);
    this.post({
      kind: "syscall",
      ticket,
      op,
      args,
      ...(bytes === undefined ? {} : { bytes }),
    });
  }

  reply({ ticket, reply, bytes }: Extract<ToWorker, { kind: "reply" }>): void {
    const settle = this.#waiting.get(ticket);
    this.#waiting.delete(ticket);
    settle?.(reply, bytes);
  }

  log(level: string, messages: string[]): void {
    this.post({ kind: "log", level, messages });
  }

  env(name: string): string | undefined {
    const { env } = this.job;
    return Object.hasOwn(env, name) ? env[name] : undefined;
  }

  succeed(value: string): void {
    if (this.#waiting.size > 0) this.#warnDangling(this.#waiting.size);
    this.post({ kind: "done", value });
    this.#end();
  }

  fail(error: FunctionError): void {
    this.post({ kind: "failed", error: asErrorData(error) });
    this.#end();
  }

  /** Whoever waits for it has been told already. */
  abort(): void {
    this.hooks.aborted?.();
    this.#end();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.hooks.ended?.();
    this.#onEnd();
  }

  #warnDangling(count: number): void {
    const text =
      `${count} unawaited operation${count === 1 ? "" : "s"}. Async operations should be awaited or they might not run. ` +
      `See https://docs.convex.dev/functions/actions#dangling-promises for more information.`;
    this.log("WARN", [text]);
  }
}

export function asErrorData({ text, frames, data }: FunctionError): ErrorData {
  return data === undefined ? { text, frames } : { text, frames, data };
}
