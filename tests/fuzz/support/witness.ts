import { ConvexClient } from "convex/browser";
import { makeFunctionReference } from "convex/server";

const list = makeFunctionReference<"query">("messages:list");
const send = makeFunctionReference<"mutation">("messages:send");

/** A well-behaved client with a live subscription, while others misbehave. */
export class Witness {
  readonly #client: ConvexClient;
  readonly #sent: string[] = [];
  readonly #errors: string[] = [];
  #seen: string[] = [];
  #isStopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(url: string) {
    this.#client = new ConvexClient(url, { logger: false });
    this.#client.onUpdate(
      list,
      {},
      (shown: string[]) => this.#see(shown),
      (error) => this.#errors.push(String(error)),
    );
  }

  start(): void {
    this.#running = this.#run();
  }

  /** What went wrong for it (nothing, one hopes), and how often it was served. */
  async finish(): Promise<{ errors: string[]; rounds: number }> {
    this.#isStopped = true;
    await this.#running;
    await this.#client.close();
    return { errors: this.#errors, rounds: this.#sent.length };
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      await this.#round(`message ${this.#sent.length}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  async #round(body: string): Promise<void> {
    this.#sent.push(body);
    try {
      await this.#client.mutation(send, { body });
    } catch (error) {
      this.#errors.push(String(error));
    }
    // The promise of a mutation resolves when its effects have been shown.
    if (this.#seen.at(-1) !== body) this.#errors.push(`${body} was not shown`);
  }

  /** Every state shown is one that was: what had been sent, in order, and nothing else. */
  #see(list: string[]): void {
    const expected = this.#sent.slice(0, list.length);
    if (JSON.stringify(list) !== JSON.stringify(expected))
      this.#errors.push(`shown ${list.length} wrong messages`);
    if (list.length < this.#seen.length) this.#errors.push("went back in time");
    this.#seen = list;
  }
}
