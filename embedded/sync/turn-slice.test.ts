import { describe, expect, it } from "vitest";
import { TurnSlice } from "./turn-slice";

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

function busyFor(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

describe("a slice of each turn", () => {
  it("runs quick jobs at once", () => {
    const ran: number[] = [];
    const slice = new TurnSlice();
    for (const job of [1, 2, 3]) slice.run(() => ran.push(job));
    expect(ran).toEqual([1, 2, 3]);
  });
  it("leaves what does not fit to later turns, in order", async () => {
    const ran: number[] = [];
    const slice = new TurnSlice();
    for (const job of [1, 2, 3])
      slice.run(() => {
        busyFor(5);
        ran.push(job);
      });
    expect(ran).toEqual([1]);
    slice.run(() => ran.push(4));
    while (ran.length < 4) await nextTurn();
    expect(ran).toEqual([1, 2, 3, 4]);
  });
  it("goes on after a job that throws", async () => {
    const ran: number[] = [];
    const slice = new TurnSlice();
    expect(() =>
      slice.run(() => {
        throw new Error("on purpose");
      }),
    ).toThrow("on purpose");
    slice.run(() => ran.push(1));
    await nextTurn();
    expect(ran).toEqual([1]);
  });
});
