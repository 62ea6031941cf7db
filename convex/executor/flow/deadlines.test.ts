import { beforeAll, describe, expect, it } from "vitest";
import { compile } from "../../language/compile";
import type { Graph } from "../../language/graph";
import { runDeadline, shortestLimit, stepDeadline } from "./deadlines";

const SECOND = 1_000;

async function graphOf(workflow: string): Promise<Graph> {
  const result = await compile(
    `import { workflow } from "lockstep";\nexport default workflow${workflow}`,
  );
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics));
  return result.graph;
}

let graph: Graph;
let unlimited: Graph;
beforeAll(async () => {
  graph = await graphOf(`({ timeout: "100s" })
    .loop("each", { timeout: "50s", times: 3, do: (flow) => flow
      .condition("large", { timeout: "20s", if: () => true, then: (inner) => inner
        .http("call", { timeout: "5s", request: () => ({ url: "https://example.com" }) }) })
      .waitForEvent("word", { event: "said", timeout: "6s" }) })
    .run("inner", { workflow: "other", timeout: "7s" })`);
  unlimited = await graphOf(
    `().condition("large", { if: () => true, then: (inner) => inner.delay("nap", "1s") })`,
  );
});

describe("the time of a run", () => {
  const failing = { name: "Error", message: "no", stepKey: null };

  it("is counted from when it began", () => {
    expect(runDeadline({ startedAt: 7 }, graph)).toBe(7 + 100 * SECOND);
  });

  it.each([
    ["has not begun", { startedAt: null }],
    ["has failed already", { startedAt: 7, failing }],
  ])("does not end when it %s", (_, run) => {
    expect(runDeadline(run, graph)).toBeNull();
  });

  it("does not end without a limit", () => {
    expect(runDeadline({ startedAt: 7 }, unlimited)).toBeNull();
  });
});

describe("the time of a step", () => {
  const deadline = (key: string, run: { onlyStep?: string } = {}) =>
    stepDeadline(graph, run, { key, createdAt: 7 });

  it.each([
    ["each", 50],
    ["each[2]/large", 20],
    ["inner", 7],
  ])("is counted from when %s was created", (key, seconds) => {
    expect(deadline(key)).toBe(7 + seconds * SECOND);
  });

  it.each([
    ["an iteration", "each[2]"],
    ["an effect, whose worker looks after it", "each[2]/large/call"],
    ["a wait, which says itself until when", "each[2]/word"],
    ["a step that the version does not have", "gone"],
  ])("is not that of %s", (_, key) => {
    expect(deadline(key)).toBeNull();
  });

  it("does not end around the one step of a test", () => {
    const run = { onlyStep: "each[0]/large" };
    expect(deadline("each", run)).toBeNull();
    expect(deadline("each[0]/large", run)).toBe(7 + 20 * SECOND);
  });

  it("does not end without a limit", () => {
    const step = { key: "large", createdAt: 7 };
    expect(stepDeadline(unlimited, {}, step)).toBeNull();
  });
});

it("the shortest limit is that of the steps around others", () => {
  expect(shortestLimit(graph)).toBe(20 * SECOND);
  expect(shortestLimit(graph)).toBe(20 * SECOND);
  expect(shortestLimit(unlimited)).toBe(Infinity);
});
