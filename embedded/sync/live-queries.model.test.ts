/** Shared results against a model: whoever asks is told what running the query now would tell. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Commit, ReadSet } from "../database/types";
import type { Identity, QueryOutcome } from "../runtime/types";
import { LiveQueries, Subscription, type QuerySpec } from "./live-queries";

const USERS = ["nobody", "ada", "bob", "admin"] as const;
const KINDS = ["value", "who", "gated", "both"] as const;
type User = (typeof USERS)[number];
type Kind = (typeof KINDS)[number];

const IDENTITIES: Record<User, Identity> = {
  nobody: { kind: "none" },
  ada: { kind: "user", attributes: { subject: "ada" }, expiresAtMs: 1 },
  bob: { kind: "user", attributes: { subject: "bob" }, expiresAtMs: 1 },
  admin: { kind: "admin" },
};

const happening = fc.oneof(
  fc.record({
    kind: fc.constant("ask" as const),
    query: fc.constantFrom(...KINDS),
    key: fc.nat(3),
    who: fc.constantFrom(...USERS),
  }),
  fc.record({
    kind: fc.constant("askAgain" as const),
    pick: fc.nat(20),
    who: fc.constantFrom(...USERS),
  }),
  fc.record({
    kind: fc.constant("askTogether" as const),
    picks: fc.uniqueArray(fc.nat(20), { minLength: 2, maxLength: 6 }),
    enough: fc.nat(5),
  }),
  fc.record({ kind: fc.constant("leave" as const), pick: fc.nat(20) }),
  fc.record({
    kind: fc.constant("commit" as const),
    keys: fc.uniqueArray(fc.nat(3), { minLength: 1 }),
  }),
  fc.record({ kind: fc.constant("push" as const) }),
);
type Happening = ReturnType<typeof happening.generate>["value"];

type Asked = {
  subscription: Subscription;
  query: Kind;
  key: number;
  who: User;
  isStale: boolean;
};

class Model {
  readonly #world = [0, 0, 0, 0];
  #code = 0;
  readonly #asked = new Map<number, Asked>();
  #nextId = 0;
  readonly #live = new LiveQueries((spec, identity) =>
    this.#run(spec, identity),
  );

  perform(one: Happening): void {
    if (one.kind === "ask") return this.#ask(one.query, one.key, one.who);
    if (one.kind === "commit") return this.#commit(one.keys);
    if (one.kind === "push") return this.#push();
    if (one.kind === "askTogether")
      return this.#askTogether(one.picks, one.enough);
    const ids = [...this.#asked.keys()];
    const id = ids[one.pick % Math.max(1, ids.length)] ?? -1;
    const asked = this.#asked.get(id);
    if (asked === undefined) return;
    if (one.kind === "askAgain") return this.#resolve(asked, one.who);
    this.#live.release(asked.subscription);
    this.#asked.delete(id);
  }

  /** Whoever was not told that something changed still holds the truth. */
  check(): void {
    for (const asked of this.#asked.values())
      if (!asked.isStale) this.#expectTruth(asked);
    const held = [...this.#asked.values()].filter(({ isStale }) => !isStale);
    expect(this.#live.size).toBeLessThanOrEqual(held.length);
    for (const asked of held) this.#live.release(asked.subscription);
    expect(this.#live.size).toBe(0);
  }

  #ask(query: Kind, key: number, who: User): void {
    const spec = {
      componentPath: "",
      udfPath: query,
      args: key,
      journal: null,
    };
    const subscription = new Subscription(spec, () => {
      expect(asked.isStale).toBe(false);
      asked.isStale = true;
    });
    const asked: Asked = { subscription, query, key, who, isStale: true };
    this.#asked.set(this.#nextId++, asked);
    this.#resolve(asked, who);
  }

  #resolve(asked: Asked, who: User): void {
    const before = this.#live.executions;
    const couldShare = [...this.#asked.values()].some(
      (other) =>
        !other.isStale &&
        other.query === asked.query &&
        other.key === asked.key &&
        other.who === who,
    );
    this.#live.resolve(asked.subscription, IDENTITIES[who]);
    asked.who = who;
    asked.isStale = false;
    if (couldShare) expect(this.#live.executions).toBe(before);
    this.#expectTruth(asked);
  }

  /** Everybody then asks alone as well: those who were served together must hold the truth. */
  #askTogether(picks: number[], enough: number): void {
    const asked = [...this.#asked.values()].filter((_, at) =>
      picks.includes(at),
    );
    const stale = asked.filter(({ isStale }) => isStale);
    const wanted = stale.map(({ subscription, who }) => {
      return { subscription, identity: IDENTITIES[who] };
    });
    this.#live.prepare(wanted, (queries) =>
      queries.slice(0, enough).map((one) => this.#run(one.spec, one.identity)),
    );
    for (const one of stale) this.#resolve(one, one.who);
  }

  #expectTruth({ subscription, query, key, who }: Asked): void {
    const result = this.#live.resolve(subscription, IDENTITIES[who]);
    const { value } = this.#evaluate(query, key, IDENTITIES[who]);
    expect(JSON.parse(`{${result.modification}`)).toMatchObject({ value });
  }

  #commit(keys: number[]): void {
    for (const key of keys) this.#world[key] = (this.#world[key] ?? 0) + 1;
    const commit: Commit = {
      ts: 1n,
      keys: new Map([["i", keys.map((key) => Uint8Array.of(key))]]),
      tags: new Set(),
    };
    this.#live.applyCommit(commit);
  }

  #push(): void {
    this.#code += 1;
    this.#live.discardAll();
  }

  #run(spec: QuerySpec, identity: Identity): QueryOutcome {
    const result = this.#evaluate(
      spec.udfPath as Kind,
      Number(spec.args),
      identity,
    );
    return {
      kind: "ok",
      value: result.value,
      logLines: [],
      ts: 1n,
      reads: readsOf(result.keys),
      journal: null,
      readIdentity: result.readIdentity,
    };
  }

  /** "gated" looks at who asks only while another key is odd. */
  #evaluate(query: Kind, key: number, identity: Identity) {
    const who =
      identity.kind === "user"
        ? String(identity.attributes["subject"])
        : identity.kind;
    const value = this.#world[key] ?? 0;
    const gate = this.#world[3] ?? 0;
    const readIdentity =
      query === "who" ||
      query === "both" ||
      (query === "gated" && gate % 2 > 0);
    const keys = { value: [key], who: [], gated: [key, 3], both: [key] }[query];
    const shown = query === "who" ? [] : [value];
    const text = [this.#code, ...shown, ...(readIdentity ? [who] : [])];
    return { value: text.join(" "), keys, readIdentity };
  }
}

function readsOf(keys: number[]): ReadSet {
  const ranges = keys.map((key) => {
    return { start: Uint8Array.of(key), end: Uint8Array.of(key + 1) };
  });
  return { ranges: new Map([["i", ranges]]), tags: new Set() };
}

describe("live queries", () => {
  it("tell everyone the truth, once executed for all who ask the same", () => {
    fc.assert(
      fc.property(
        fc.array(happening, { maxLength: 60, size: "max" }),
        (happenings) => {
          const model = new Model();
          for (const one of happenings) model.perform(one);
          model.check();
        },
      ),
      { numRuns: 1000, seed: 1 },
    );
  });
});
