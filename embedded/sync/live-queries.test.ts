import { describe, expect, it } from "vitest";
import type { Commit, ReadSet } from "../database/types";
import type { Identity, QueryOutcome } from "../runtime/types";
import { LiveQueries, Subscription, type QuerySpec } from "./live-queries";

const KEY = ":messages:by_id";
const reads = (start: number): ReadSet => ({
  ranges: new Map([
    [KEY, [{ start: Uint8Array.of(start), end: Uint8Array.of(start + 1) }]],
  ]),
  tags: new Set(),
});
const commit = (key: number): Commit => ({
  ts: 2n,
  keys: new Map([[KEY, [Uint8Array.of(key)]]]),
  tags: new Set(),
});
const ada: Identity = {
  kind: "user",
  attributes: { subject: "ada" },
  expiresAtMs: 1,
};
const nobody: Identity = { kind: "none" };

function setup(options: { readIdentity: boolean }) {
  let runs = 0;
  let stale = 0;
  const run = (spec: QuerySpec): QueryOutcome => {
    runs += 1;
    return {
      kind: "ok",
      value: runs,
      logLines: [],
      ts: 1n,
      reads: reads(Number(spec.args)),
      journal: "end",
      readIdentity: options.readIdentity,
    };
  };
  const live = new LiveQueries(run);
  const subscribe = (args: number) =>
    new Subscription(
      { componentPath: "", udfPath: "a:q", args, journal: null },
      () => (stale += 1),
    );
  return { live, subscribe, run, runs: () => runs, stale: () => stale };
}

describe("live queries", () => {
  it("execute once for all who ask the same", () => {
    const { live, subscribe, runs } = setup({ readIdentity: false });
    const [one, two] = [subscribe(1), subscribe(1)];
    expect(live.resolve(one, ada)).toBe(live.resolve(two, nobody));
    expect(runs()).toBe(1);
  });
  it("are executed together, once for all who ask the same, as far as there is time", () => {
    const { live, subscribe, run } = setup({ readIdentity: false });
    const wanted = [1, 1, 2, 3].map((args) => subscribe(args));
    const asked: unknown[][] = [];
    live.prepare(
      wanted.map((subscription) => ({ subscription, identity: ada })),
      (queries) => {
        asked.push(queries.map(({ spec }) => spec.args));
        return queries.slice(0, 2).map(({ spec }) => run(spec));
      },
    );
    expect(asked).toEqual([[1, 2, 3]]);
    expect(wanted.map((one) => live.isResolved(one, ada))).toEqual([
      ...[true, false, true, false],
    ]);
    for (const one of wanted) live.resolve(one, ada);
    expect([live.executions, live.cacheHits]).toEqual([3, 1]);
  });
  it("that cannot be executed together are left to those who ask", () => {
    const { live, subscribe } = setup({ readIdentity: false });
    const wanted = [subscribe(1), subscribe(2)];
    live.prepare(
      wanted.map((subscription) => ({ subscription, identity: ada })),
      () => {
        throw new Error("one of them has no function");
      },
    );
    expect(live.size).toBe(0);
  });
  it("execute for each caller when they read who calls", () => {
    const { live, subscribe, runs } = setup({ readIdentity: true });
    live.resolve(subscribe(1), ada);
    live.resolve(subscribe(1), nobody);
    live.resolve(subscribe(1), ada);
    expect(runs()).toBe(2);
  });
  it("never share between admins and others", () => {
    const { live, subscribe, runs } = setup({ readIdentity: false });
    live.resolve(subscribe(1), { kind: "admin" });
    live.resolve(subscribe(1), nobody);
    expect(runs()).toBe(2);
  });
  it("are run again only when a commit touches what they read", () => {
    const { live, subscribe, runs, stale } = setup({ readIdentity: false });
    const [one, two] = [subscribe(1), subscribe(2)];
    live.resolve(one, nobody);
    live.resolve(two, nobody);
    live.applyCommit(commit(2));
    expect(stale()).toBe(1);
    live.resolve(one, nobody);
    live.resolve(two, nobody);
    expect(runs()).toBe(3);
  });
  it("are forgotten with their last subscription", () => {
    const { live, subscribe } = setup({ readIdentity: false });
    const [one, two] = [subscribe(1), subscribe(1)];
    live.resolve(one, nobody);
    live.resolve(two, nobody);
    live.release(one);
    expect(live.size).toBe(1);
    live.release(two);
    expect(live.size).toBe(0);
  });
});
