/** One request and its answer over a connection that is kept for the next. */
import type { Dispatcher } from "undici";
import Agent from "undici/lib/dispatcher/agent.js";
import { ChunkQueue } from "./chunk-queue";

type Handler = Dispatcher.DispatchHandler;
type Controller = Dispatcher.DispatchController;
/** Names in lower case. */
export type AnswerHeaders = { [name: string]: string | string[] | undefined };
export interface AnswerHead {
  status: number;
  statusText: string;
  headers: AnswerHeaders;
}

/** Of a whole worker. Connections that nobody uses do not keep it alive. */
const agent = new Agent();

export class HttpExchange {
  readonly head: Promise<AnswerHead>;
  readonly body = new ChunkQueue();
  #controller: Controller | null = null;
  #isAborted = false;

  constructor(options: Dispatcher.DispatchOptions) {
    this.head = new Promise((resolve, reject) => {
      agent.dispatch(options, this.#handler(resolve, reject));
    });
  }

  abort(): void {
    this.#isAborted = true;
    this.#controller?.abort(aborted());
  }

  /** Nobody wants the body: what has come in whole leaves the connection to the next request. */
  discardBody(): void {
    if (!this.body.isComplete) this.abort();
  }

  #handler(
    resolve: (head: AnswerHead) => void,
    reject: (error: Error) => void,
  ): Handler {
    return {
      onRequestStart: (controller) => {
        this.#controller = controller;
        if (this.#isAborted) controller.abort(aborted());
      },
      onResponseStart: (_, status, headers, statusText = "") => {
        const isInterim = status < 200;
        if (!isInterim) resolve({ status, statusText, headers });
      },
      onResponseData: (controller, chunk) => this.body.push(chunk, controller),
      onResponseEnd: () => this.body.end(),
      onResponseError: (_, error) => {
        reject(error);
        this.body.fail(error);
      },
    };
  }
}

function aborted(): Error {
  return new DOMException("This operation was aborted", "AbortError");
}
