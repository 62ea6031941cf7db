import { describe, expect, it } from "vitest";
import type { Commit, ReadSet } from "../database/types";
import type { Identity, QueryOutcome } from "../runtime/types";
import { LiveQueries, Subscription } from "./live-queries";

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
  const live = new LiveQueries((spec): QueryOutcome => {
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
  });
  const subscribe = (args: number) =>
    new Subscription(
      { componentPath: "", udfPath: "a:q", args, journal: null },
      () => (stale += 1),
    );
  return { live, subscribe, runs: () => runs, stale: () => stale };
}

describe("live queries", () => {
  it("execute once for all who ask the same", () => {
    const { live, subscribe, runs } = setup({ readIdentity: false });
    const [one, two] = [subscribe(1), subscribe(1)];
    expect(live.resolve(one, ada)).toBe(live.resolve(two, nobody));
    expect(runs()).toBe(1);
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
