/** Official clients over real sockets that break at any moment: what they show is always a state that was. */
import { BaseConvexClient } from "convex/browser";
import type { Value } from "convex/values";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { serverLog } from "../telemetry/server-log";
import { startKeyValueBackend } from "./testing/key-value-backend";
import type { SyncBackend } from "./testing/sync-backend";
import { Wire } from "./testing/watched-socket";

/** Clients wait a second before they connect again; tests need not. */
const HASTE = 50;

let backend: SyncBackend;
const serverErrors = vi.spyOn(serverLog, "error");
beforeAll(async () => {
  backend = await startKeyValueBackend();
  const wait = setTimeout;
  vi.stubGlobal("setTimeout", (work: () => void, ms = 0) =>
    wait(work, ms / HASTE),
  );
});
afterAll(async () => {
  expect(serverErrors).not.toHaveBeenCalled();
  vi.unstubAllGlobals();
  await backend.close();
});

type Observation = { version: Value; values: Map<string, Value> };

/** One official client, what it was shown, and what it was told. */
class Client {
  readonly wire = new Wire();
  readonly observations: Observation[] = [];
  readonly identities: [Value | undefined, Value | undefined][] = [];
  readonly sent: string[] = [];
  readonly answers: { label: string; version: Value }[] = [];
  readonly refused: unknown[] = [];
  readonly #client: BaseConvexClient;
  readonly #subscriptions = new Map<string, () => void>();
  readonly #pending: Promise<void>[] = [];

  constructor() {
    this.#client = new BaseConvexClient(backend.url, () => this.#observe(), {
      webSocketConstructor: this.wire.constructorForClient,
      unsavedChangesWarning: false,
      logger: false,
    });
    this.#client.subscribe("kv:get", { key: "version" });
    this.#client.subscribe("kv:who", {});
    this.#client.subscribe("kv:whoElse", {});
  }

  toggle(key: string): void {
    const unsubscribe = this.#subscriptions.get(key);
    this.#subscriptions.delete(key);
    if (unsubscribe !== undefined) return unsubscribe();
    const added = this.#client.subscribe("kv:get", { key });
    this.#subscriptions.set(key, added.unsubscribe);
  }

  bump(keys: string[], label: string, isFlaky: boolean): void {
    this.sent.push(label);
    const answered = this.#client
      .mutation("kv:bump", { keys, label, isFlaky })
      .then((version: Value) => {
        this.answers.push({ label, version });
        const shown = this.value("version");
        expect(Number(shown)).toBeGreaterThanOrEqual(Number(version));
      });
    this.#pending.push(answered);
  }

  refuse(): void {
    const failed = this.#client
      .mutation("kv:refuse", {})
      .catch((error: unknown) => void this.refused.push(error));
    this.#pending.push(failed);
  }

  signIn(subject: string | null): void {
    if (subject === null) this.#client.clearAuth();
    else
      this.signInWith(async () => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        return backend.tokenFor(subject);
      });
  }

  signInWith(
    fetchToken: Parameters<BaseConvexClient["setAuth"]>[0],
    onChange: (isSignedIn: boolean) => void = () => undefined,
  ): void {
    this.#client.setAuth(fetchToken, onChange);
  }

  value(key: string): Value | undefined {
    return this.#client.localQueryResult("kv:get", { key });
  }

  identity(): Value | undefined {
    return this.#client.localQueryResult("kv:who", {});
  }

  async settle(): Promise<void> {
    await Promise.all(this.#pending);
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  #observe(): void {
    const version = this.value("version");
    this.identities.push([
      this.identity(),
      this.#client.localQueryResult("kv:whoElse", {}),
    ]);
    if (version === undefined) return;
    const values = new Map<string, Value>();
    for (const key of this.#subscriptions.keys()) {
      const value = this.value(key);
      if (value !== undefined) values.set(key, value);
    }
    this.observations.push({ version, values });
  }
}

const pause = () => new Promise((resolve) => setImmediate(resolve));

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 50));
}

const happening = fc.record({
  client: fc.nat(2),
  kind: fc.constantFrom(
    ...["toggle", "toggle", "bump", "bump", "bump", "bump"],
    ...["flakyBump", "refuse", "cut", "signIn", "pause", "pause", "wait"],
  ),
  keys: fc.subarray(["a", "b", "c"]),
  subject: fc.option(fc.constantFrom("ada", "bob")),
});
type Happening = ReturnType<typeof happening.generate>["value"];

async function perform(
  clients: Client[],
  one: Happening,
  label: string,
): Promise<void> {
  const client = clients[one.client];
  if (client === undefined) return;
  if (one.kind === "toggle") client.toggle(one.keys[0] ?? "a");
  else if (one.kind === "bump" || one.kind === "flakyBump")
    client.bump(one.keys, label, one.kind === "flakyBump");
  else if (one.kind === "refuse") client.refuse();
  else if (one.kind === "cut") client.wire.cut();
  else if (one.kind === "signIn") client.signIn(one.subject);
  else if (one.kind === "pause") await pause();
  else await new Promise((resolve) => setTimeout(resolve, 100));
}

type LogRow = { label: string; version: number };

/** What each key was at each version, from what was written. */
function historyOf(log: LogRow[], keysOf: Map<string, string[]>) {
  return (key: string, version: number): number => {
    const touching = log.filter(
      (row) =>
        row.version <= version && (keysOf.get(row.label) ?? []).includes(key),
    );
    return touching.at(-1)?.version ?? 0;
  };
}

function readLog(): LogRow[] {
  const outcome = backend.runtime.runQuery(backend.call("kv:log"));
  if (outcome.kind === "failed") throw new Error(outcome.errorMessage);
  return outcome.value as LogRow[];
}

describe("official clients", () => {
  const keysOf = new Map<string, string[]>();
  let round = 0;

  it("are only ever shown states that were, and each mutation happens once", async () => {
    const story = fc.array(happening, {
      minLength: 20,
      maxLength: 80,
      size: "max",
    });
    await fc.assert(
      fc.asyncProperty(story, async (happenings) => {
        round += 1;
        const clients = [new Client(), new Client(), new Client()];
        for (const [at, one] of happenings.entries()) {
          const label = `${round}.${at}`;
          keysOf.set(label, one.keys);
          await perform(clients, one, label);
        }
        await Promise.all(clients.map((client) => client.settle()));
        await expectTruth(clients, keysOf, `${round}.`);
        await Promise.all(clients.map((client) => client.close()));
      }),
      { numRuns: 8, seed: 1, endOnFailure: true },
    );
  }, 60_000);
});

describe("an official client", () => {
  it("signs in again by itself when its token has expired", async () => {
    const client = new Client();
    const forced: boolean[] = [];
    client.signInWith(async ({ forceRefreshToken }) => {
      forced.push(forceRefreshToken);
      return backend.tokenFor("ada", forceRefreshToken ? 3600 : -2);
    });
    await until(() => client.identity() === "ada");
    expect(forced[0]).toBe(false);
    expect(forced).toContain(true);
    expect(client.wire.received).toContain("AuthError");
    await client.close();
  });

  it("gives up a token that is refused, and goes on without", async () => {
    const client = new Client();
    const changes: boolean[] = [];
    client.signInWith(
      async () => "nonsense.of.token",
      (isSignedIn) => changes.push(isSignedIn),
    );
    await until(() => changes.length > 0);
    await until(() => client.identity() === null);
    expect(changes).toEqual([false]);
    await client.close();
  });
});

async function expectTruth(
  clients: Client[],
  keysOf: Map<string, string[]>,
  round: string,
): Promise<void> {
  const log = readLog();
  expect(log.map(({ version }) => version)).toEqual(log.map((_, n) => n + 1));
  const ofRound = log.filter(({ label }) => label.startsWith(round));
  expect(new Set(ofRound.map(({ label }) => label)).size).toBe(ofRound.length);
  const executed = log.map(({ label }) => label);
  const valueAt = historyOf(log, keysOf);
  const answers = clients.flatMap((client) => client.answers);
  expect(answers).toHaveLength(ofRound.length);
  for (const { label, version } of answers)
    expect(log[Number(version) - 1]?.label).toBe(label);
  for (const client of clients) {
    await until(() => client.value("version") === log.length);
    expect(client.wire.problems).toEqual([]);
    const order = client.sent.map((label) => executed.indexOf(label));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    for (const { version, values } of client.observations) {
      for (const [key, value] of values)
        expect([key, version, value]).toEqual([
          key,
          version,
          valueAt(key, Number(version)),
        ]);
    }
    for (const [one, other] of client.identities)
      if (one !== undefined && other !== undefined) expect(one).toBe(other);
  }
}
