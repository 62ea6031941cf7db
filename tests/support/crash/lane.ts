/** One client that writes numbered entries, and what it knows of each. */
import { setTimeout as pause } from "node:timers/promises";
import { ConvexClient, ConvexHttpClient } from "convex/browser";
import { api } from "./app/api";
import { SeededRandom } from "./seeded-random";

export type Entry = {
  n: number;
  /** How many scheduled mutations follow one another. */
  follows: number;
  /** Whether an action is scheduled. */
  acts: boolean;
};
type WriteArgs = Entry & { lane: string };
type Client = { write(args: WriteArgs): Promise<number>; close(): void };

const MAX_PAUSE_MS = 20;
const WHILE_DOWN_MS = 80;

export class Lane {
  readonly name: string;
  /** By number, from 1 on. */
  readonly entries: Entry[] = [];
  /** The place in the order of all writes that the acknowledgement told. */
  readonly acknowledged = new Map<number, number>();
  /** Errors that are not the crash's. */
  readonly refusals: string[] = [];
  /** A socket sends again what was not answered, so in the end everything is done once; else at most once. */
  readonly sendsAgain: boolean;
  readonly #client: Client;
  readonly #random: SeededRandom;
  readonly #pumps: Promise<void>[];
  #isStopped = false;

  constructor(options: {
    name: string;
    url: string;
    transport: "socket" | "http";
    seed: number;
    /** How many writes may be unanswered at once. */
    window: number;
  }) {
    this.name = options.name;
    this.sendsAgain = options.transport === "socket";
    this.#client = this.sendsAgain
      ? socketClient(options.url)
      : httpClient(options.url);
    this.#random = new SeededRandom(options.seed);
    this.#pumps = Array.from({ length: options.window }, () => this.#pump());
  }

  /** Sent, or about to be, and not answered. */
  get inDoubt(): number {
    return this.sendsAgain ? this.entries.length - this.acknowledged.size : 0;
  }

  /** Starts nothing more; resolves when all that was started has been answered or given up. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#pumps);
  }

  close(): void {
    this.#client.close();
  }

  async #pump(): Promise<void> {
    while (!this.#isStopped) {
      await this.#writeNext();
      await pause(this.#random.between(0, MAX_PAUSE_MS));
    }
  }

  async #writeNext(): Promise<void> {
    const entry = this.#newEntry();
    try {
      const order = await this.#client.write({ lane: this.name, ...entry });
      this.acknowledged.set(entry.n, order);
    } catch (error) {
      if (!this.sendsAgain && isNetworkFailure(error))
        return pause(WHILE_DOWN_MS);
      this.refusals.push(
        error instanceof Error ? error.message : String(error),
      );
    }
  }

  #newEntry(): Entry {
    const follows = this.#random.chance(0.25)
      ? Math.ceil(this.#random.next() * 4)
      : 0;
    const acts = this.#random.chance(0.04);
    const entry = { n: this.entries.length + 1, follows, acts };
    this.entries.push(entry);
    return entry;
  }
}

/** The clients' window. */
const network = new EventTarget();

/** Browsers say so too: clients then connect at once instead of sitting out their backoff. */
export function tellNetworkIsBack(): void {
  network.dispatchEvent(new Event("online"));
}

function socketClient(url: string): Client {
  Object.assign(globalThis, { window: network });
  const client = new ConvexClient(url, {
    logger: false,
    unsavedChangesWarning: false,
  });
  Reflect.deleteProperty(globalThis, "window");
  return {
    write: (args) => client.mutation(api.ledger.write, args),
    close: () => void client.close(),
  };
}

function httpClient(url: string): Client {
  const client = new ConvexHttpClient(url, { logger: false });
  return {
    write: (args) =>
      client.mutation(api.ledger.write, args, { skipQueue: true }),
    close: () => undefined,
  };
}

/** The one kind of error that `fetch` itself throws. */
function isNetworkFailure(error: unknown): boolean {
  return error instanceof TypeError;
}
