import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { STATUS } from "../../lib/run-status";
import { binIterations } from "./iteration-strip-bins";

describe("binIterations", () => {
  it("gives every iteration a cell of its own up to the limit", () => {
    const cells = binIterations(3, (i) => (i === 1 ? "failed" : "completed"));
    expect(cells).toEqual([
      { from: 0, to: 0, status: "completed" },
      { from: 1, to: 1, status: "failed" },
      { from: 2, to: 2, status: "completed" },
    ]);
  });

  it("shows the worst status of the iterations a cell stands for", () => {
    const cells = binIterations(1_000, (i) =>
      i === 42 ? "failed" : "completed",
    );
    expect(cells.filter((cell) => cell.status === "failed")).toHaveLength(1);
  });

  it("covers every iteration once, in order", () => {
    fc.assert(
      fc.property(
        fc.nat(20_000),
        fc.integer({ min: 1, max: 300 }),
        (total, max) => {
          const cells = binIterations(total, () => null, max);
          let next = 0;
          for (const cell of cells) {
            expect(cell.from).toBe(next);
            expect(cell.to).toBeGreaterThanOrEqual(cell.from);
            next = cell.to + 1;
          }
          expect(next).toBe(total);
        },
      ),
    );
  });

  it("ranks every status", () => {
    for (const status of Object.keys(STATUS) as (keyof typeof STATUS)[])
      expect(binIterations(1, () => status)[0]?.status).toBe(status);
  });
});
