import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { Fates } from "../../../tests/support/executor/fates";
import { graphs } from "../../../tests/support/executor/random-graphs";
import {
  interpret,
  isExpected,
  type StepEnd,
} from "../../../tests/support/executor/reference-interpreter";
import { present } from "../../../tests/support/executor/present";
import { SimulatedRun } from "../../../tests/support/executor/simulated-run";
import { compile } from "../../language/compile";
import { type Graph, walk } from "../../language/graph";
import {
  branchAt,
  completedByStop,
  loopAt,
  loopsAround,
  nextAfter,
  nextOfLoop,
  nextOfParallel,
  nodeAt,
  outputSteps,
  parallelAt,
  routeFailure,
  sequences,
  visibleSteps,
} from "./transitions";

const EXAMPLE = `
  .code("order", () => 1)
  .condition("large", {
    if: () => true,
    onError: "continue",
    then: (flow) => flow.code("ask", () => 1).code("tell", ({ steps }) => steps.ask),
    else: (flow) => flow.code("auto", () => 1),
  })
  .loop("notify", {
    times: 3,
    do: (flow) => flow
      .code("order", () => 2)
      .loop("tries", { times: 2, onError: "continue", do: (flow) => flow.code("mail", ({ steps }) => [steps.order, steps.large]) })
      .code("last", (context) => context.steps),
  })
  .output(({ steps }) => steps.notify)`;

async function graphOf(chain: string): Promise<Graph> {
  const result = await compile(
    `import { workflow } from "lockstep";\nexport default workflow()${chain}`,
  );
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics));
  return result.graph;
}

let graph: Graph;
beforeAll(async () => {
  graph = await graphOf(EXAMPLE);
});

describe("what follows", () => {
  it.each([
    ["order", { kind: "start", key: "large" }],
    ["large/ask", { kind: "start", key: "large/tell" }],
    ["large/tell", { kind: "endCondition", key: "large" }],
    ["large/auto", { kind: "endCondition", key: "large" }],
    ["large", { kind: "start", key: "notify" }],
    ["notify[2]/order", { kind: "start", key: "notify[2]/tries" }],
    [
      "notify[2]/tries[1]/mail",
      { kind: "endIteration", key: "notify[2]/tries[1]" },
    ],
    ["notify[2]/tries", { kind: "start", key: "notify[2]/last" }],
    ["notify[2]/last", { kind: "endIteration", key: "notify[2]" }],
    ["notify", { kind: "endRun" }],
  ])("%s", async (key, next) => {
    expect(nextAfter(graph, key)).toEqual(next);
  });

  it("a step that is not in the graph is a mistake of ours, named", async () => {
    expect(() => nextAfter(graph, "nope")).toThrow(/nope/);
    expect(() => nodeAt(graph, "notify/nope")).toThrow(/nope/);
    expect(() => loopAt(graph, "order")).toThrow(/not a loop/);
  });
});

describe("a failure", () => {
  it.each([
    ["order", [], { kind: "failRun" }],
    ["large/ask", ["large"], { kind: "continueAfter", key: "large" }],
    ["large", [], { kind: "continueAfter", key: "large" }],
    ["notify[1]/order", ["notify[1]", "notify"], { kind: "failRun" }],
    [
      "notify[1]/tries[0]/mail",
      ["notify[1]/tries[0]"],
      { kind: "skipIteration", iteration: "notify[1]/tries[0]" },
    ],
    ["notify[1]/tries", ["notify[1]", "notify"], { kind: "failRun" }],
  ])("of %s takes %j with it", async (key, failed, route) => {
    expect(routeFailure(graph, key)).toEqual({
      failed,
      route,
    });
  });
});

describe("the branches of a parallel", () => {
  it.each([
    ["all", ["completed", "running"], "wait"],
    ["all", ["completed", "completed"], "done"],
    ["race", ["running", "waiting"], "wait"],
    ["race", ["failed", "retrying"], "wait"],
    ["race", ["failed", "completed", "running"], "won"],
    ["race", ["failed", "failed"], "lost"],
  ] as const)("of mode %s, being %j: %s", (mode, states, next) => {
    expect(nextOfParallel(mode, states)).toBe(next);
  });

  const CHAIN = `
    .parallel("p", {
      a: (flow) => flow.code("x", () => 1).code("y", (context) => context.steps),
      b: (flow) => flow.parallel("q", { c: (flow) => flow.code("z", () => 1) }, { mode: "race", onError: "continue" }),
    })
    .loop("l", { times: 2, do: (flow) => flow.switch("s", { on: () => 1, cases: { d: (flow) => flow.stop("end") } }) })
    .condition("last", { if: () => 1, then: (flow) => flow.stop("end") })`;
  let graph: Graph;
  beforeAll(async () => {
    graph = await graphOf(CHAIN);
  });

  it.each([
    ["p/a/x", { kind: "start", key: "p/a/y" }],
    ["p/a/y", { kind: "endBranch", key: "p/a" }],
    ["p/a", { kind: "afterBranch", key: "p" }],
    ["p", { kind: "start", key: "l" }],
    ["l[1]/s/d/end", { kind: "endBranch", key: "l[1]/s/d" }],
    ["l[1]/s", { kind: "endIteration", key: "l[1]" }],
  ])("after %s", (key, next) => {
    expect(nextAfter(graph, key)).toEqual(next);
  });

  it.each([
    ["p/a/x", ["p/a", "p"], { kind: "failRun" }],
    ["p/b/q/c/z", ["p/b/q/c"], { kind: "loseRace", branch: "p/b/q/c" }],
    ["p/b/q", [], { kind: "continueAfter", key: "p/b/q" }],
  ])("a failure of %s takes %j with it", (key, failed, route) => {
    expect(routeFailure(graph, key)).toEqual({ failed, route });
  });

  it("complete with a stop when only it is in them", () => {
    expect(completedByStop(graph, "l[1]/s/d/end")).toEqual([
      "l[1]/s/d",
      "l[1]/s",
      "l[1]",
    ]);
    expect(completedByStop(graph, "last/end")).toEqual(["last"]);
  });

  it("do not see each other", () => {
    expect([...visibleSteps(graph, "p/b/q/c/z", null)]).toEqual([]);
    expect([...visibleSteps(graph, "p/a/y", null).values()]).toEqual(["p/a/x"]);
  });

  it("are not to be taken for other steps", () => {
    expect(() => parallelAt(graph, "l")).toThrow(/not a parallel/);
    expect(() => branchAt(graph, "p")).toThrow(/not a branch/);
  });
});

describe("what a function sees", () => {
  it("are the executions nearest to it of the steps it reads", async () => {
    const key = "notify[2]/tries[1]/mail";
    const { reads } = nodeAt(graph, key);
    expect(Object.fromEntries(visibleSteps(graph, key, reads))).toEqual({
      order: "notify[2]/order",
      large: "large",
    });
  });

  it("are all earlier ones when nobody knows which it reads, nearer ones first", async () => {
    const seen = visibleSteps(graph, "notify[2]/last", null);
    expect(Object.fromEntries(seen)).toEqual({
      order: "notify[2]/order",
      large: "large",
      tries: "notify[2]/tries",
    });
  });

  it("are for the output those of the top block", async () => {
    expect([...outputSteps(graph).keys()]).toEqual(["notify"]);
    const all = outputSteps({ ...graph, outputReads: null });
    expect([...all.values()]).toEqual(["order", "large", "notify"]);
  });

  it("are the loops around it by name", () => {
    expect(loopsAround("a/notify[2]/tries[1]/mail")).toEqual([
      { name: "notify", iteration: "a/notify[2]" },
      { name: "tries", iteration: "a/notify[2]/tries[1]" },
    ]);
  });
});

describe("the order of rows", () => {
  it("is the order of the definition, a parent before what is inside it", () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const paths = [...walk(graph.steps)].map(({ path }) => path);
        expect([...sequences(graph)]).toEqual(
          paths.map((path, index) => [path, index]),
        );
      }),
    );
  });
});

describe("a loop", () => {
  const loop = { concurrency: 3 } as Parameters<typeof nextOfLoop>[0];
  it.each([
    [{ total: 0, completed: 0, failed: 0, running: 0 }, { kind: "done" }],
    [
      { total: 5, completed: 0, failed: 0, running: 0 },
      { kind: "startIterations", from: 0, to: 3 },
    ],
    [
      { total: 5, completed: 1, failed: 0, running: 2 },
      { kind: "startIterations", from: 3, to: 4 },
    ],
    [{ total: 5, completed: 0, failed: 0, running: 3 }, { kind: "wait" }],
    [{ total: 5, completed: 2, failed: 1, running: 2 }, { kind: "wait" }],
    [{ total: 5, completed: 3, failed: 2, running: 0 }, { kind: "done" }],
    [
      { total: null, completed: 4, failed: 1, running: 0 },
      { kind: "askWhile", index: 5 },
    ],
    [{ total: null, completed: 4, failed: 1, running: 1 }, { kind: "wait" }],
  ])("with %j: %j", (counts, next) => {
    expect(nextOfLoop(loop, counts)).toEqual(next);
  });
});

describe("any graph, with any outcomes, ending in any order", () => {
  const choices = fc.array(fc.nat(), { minLength: 1, maxLength: 50 });
  const chooser = (picks: number[]) => {
    let turn = 0;
    return (count: number) => present(picks[turn++ % picks.length]) % count;
  };

  it("comes to what plain recursion says", () => {
    fc.assert(
      fc.property(graphs, fc.integer(), choices, (graph, seed, picks) => {
        const fates = new Fates(seed);
        const expected = interpret(graph, fates);
        const actual = new SimulatedRun(graph, fates);
        actual.play(chooser(picks));

        const end = actual.stoppedBy === null ? actual.run : "stopped";
        expect([...expected.run]).toContain(end);
        for (const [key, step] of expected.steps) {
          const state = actual.states.get(key) as StepEnd;
          expect(isExpected(step, state), `${key} is ${state}`).toBe(true);
        }
        for (const key of actual.states.keys())
          expect([...expected.steps.keys()]).toContain(key);
      }),
      { numRuns: 1_000 },
    );
  });

  it("is cancelled whole, whenever that is (E6)", () => {
    fc.assert(
      fc.property(
        graphs,
        fc.integer(),
        choices,
        fc.nat(20),
        (graph, seed, picks, cancelAfter) => {
          const actual = new SimulatedRun(graph, new Fates(seed));
          actual.play(chooser(picks), cancelAfter);
          expect(actual.run).not.toBe("running");
          expect([...actual.states.values()]).not.toContain("running");
        },
      ),
      { numRuns: 500 },
    );
  });

  it("leaves nothing running, and every loop that completed counted to its end", () => {
    fc.assert(
      fc.property(graphs, fc.integer(), choices, (graph, seed, picks) => {
        const actual = new SimulatedRun(graph, new Fates(seed));
        actual.play(chooser(picks));
        expect([...actual.states.values()]).not.toContain("running");
        for (const [key, counts] of actual.counts) {
          if (actual.states.get(key) !== "completed") continue;
          const { total, completed, failed, running } = counts;
          expect(running).toBe(0);
          if (total !== null) expect(completed + failed).toBe(total);
        }
      }),
      { numRuns: 500 },
    );
  });
});
