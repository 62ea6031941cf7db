import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile } from "./compile";
import { type Graph, type StepNode, walk } from "./graph";
import { type DiffSide, diffGraphs, type GraphDiff } from "./graphDiff";
import { ownCode } from "./ownCode";

async function side(chain: string): Promise<DiffSide> {
  const source = `import { workflow, z } from "lockstep";\nconst rate = 2;\nexport default workflow${chain};\n`;
  const result = await compile(source);
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics));
  return { graph: result.graph, code: ownCode(source, result.graph.steps) };
}

const diff = async (from: string, to: string) =>
  diffGraphs(await side(from), await side(to));

const words = ({ steps }: GraphDiff) =>
  steps.map(({ path, change, parts }) => [path, change, ...parts].join(" "));

describe("the difference between two graphs", () => {
  it("names what was added, removed and changed, by path", async () => {
    const found = await diff(
      `().code("a", () => 1).code("b", () => 2).code("c", () => 3)`,
      `().code("a", () => 1).code("x", () => 9).code("c", () => 4)`,
    );
    expect(words(found)).toEqual(["b removed", "x added", "c changed code"]);
    expect(found.otherCode).toBe(false);
    expect(found.steps[2]?.lines).toEqual({ before: 3, after: 3 });
  });

  it("tells options from code, and says before and after", async () => {
    const found = await diff(
      `().http("get", { request: () => ({ url: "https://x.example" }), timeout: "5s" })`,
      `().http("get", { request: () => ({ url: "https://x.example" }), timeout: "10s", retry: { maxAttempts: 5 } })`,
    );
    expect(found.steps[0]?.options).toEqual([
      { path: "retry.maxAttempts", before: "3", after: "5" },
      { path: "timeoutMs", before: "5000", after: "10000" },
    ]);
  });

  it("does not blame a container for what is inside it", async () => {
    const loop = (body: string) =>
      `().loop("all", { each: () => [1], do: (flow) => flow${body} }).code("last", () => 0)`;
    const found = await diff(
      loop(`.code("one", () => 1)`),
      loop(`.code("one", () => 2).code("two", () => 3)`),
    );
    expect(words(found)).toEqual(["all/one changed code", "all/two added"]);
  });

  it("does not blame a switch for a new case", async () => {
    const cases = (more: string) =>
      `().switch("route", { on: () => "a", cases: { a: (flow) => flow.code("x", () => 1)${more} } })`;
    const found = await diff(
      cases(""),
      cases(`, b: (flow) => flow.code("x", () => 1),`),
    );
    expect(words(found)).toEqual(["route/b added", "route/b/x added"]);
  });

  it("sees nothing in formatting, comments and types", async () => {
    const found = await diff(
      `().code("a", () => [1, 2])`,
      `()\n  // why\n  .code(\n    "a",\n    (): number[] => [\n      1,\n      2,\n    ],\n  )`,
    );
    expect(found).toEqual({ steps: [], options: [], otherCode: false });
  });

  it("says what moved, and no more than had to", async () => {
    const found = await diff(
      `().code("a", () => 1).code("b", () => 2).code("c", () => 3).code("d", () => 4)`,
      `().code("d", () => 4).code("a", () => 1).code("b", () => 2).code("c", () => 3)`,
    );
    expect(words(found)).toEqual(["d changed position"]);
  });

  it("says when a step went to the other branch", async () => {
    const chain = (then: string, otherwise: string) =>
      `().condition("if", { if: () => true, then: (flow) => flow${then}, else: (flow) => flow${otherwise} })`;
    const found = await diff(
      chain(`.code("a", () => 1).code("x", () => 1)`, `.code("b", () => 1)`),
      chain(`.code("a", () => 1)`, `.code("x", () => 1).code("b", () => 1)`),
    );
    expect(words(found)).toEqual(["if/x changed position"]);
  });

  it("sees another kind, the workflow's options and other code", async () => {
    const found = await diff(
      `({ timeout: "1h" }).code("a", () => 1).output(() => 1)`,
      `({ timeout: "2h" }).delay("a", "1s").output(() => 2)`,
    );
    expect(found.steps[0]).toMatchObject({
      parts: ["kind", "code"],
      kindBefore: "code",
    });
    expect(found.options).toEqual([
      { path: "timeoutMs", before: "3600000", after: "7200000" },
    ]);
    expect(found.otherCode).toBe(true);
  });
});

type Shape = { name: string; value: number; inside: Shape[] };

const { shapes } = fc.letrec<{ shapes: Shape[] }>((tie) => ({
  shapes: fc.uniqueArray(
    fc.record({
      name: fc.constantFrom("a", "b", "c", "d", "e"),
      value: fc.integer({ min: 1, max: 3 }),
      inside: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        fc.constant<Shape[]>([]),
        tie("shapes"),
      ),
    }),
    { selector: ({ name }) => name, maxLength: 5 },
  ),
}));

const RETRY = {
  maxAttempts: 1,
  backoff: "fixed",
  initialDelayMs: 0,
  maxDelayMs: 0,
  maxElapsedMs: null,
} as const;

function graphOf(list: readonly Shape[]): DiffSide {
  const code = new Map<string, string>();
  const build = (one: Shape, parent: string): StepNode => {
    const path = parent + one.name;
    code.set(path, String(one.value));
    return {
      kind: "loop",
      path,
      name: one.name,
      label: one.name,
      range: null,
      reads: null,
      readsInput: false,
      retry: RETRY,
      timeoutMs: null,
      onError: "fail",
      mode: "times",
      times: one.value,
      concurrency: 1,
      maxIterations: 10,
      onIterationError: "stop",
      hasKey: false,
      body: one.inside.map((inner) => build(inner, `${path}/`)),
    };
  };
  const graph: Graph = {
    steps: list.map((one) => build(one, "")),
    hasOutput: false,
    outputReads: [],
    timeoutMs: null,
    retry: RETRY,
  };
  return { graph, code };
}

const paths = ({ graph }: DiffSide) =>
  [...walk(graph.steps)].map(({ path }) => path);

describe("for any two graphs", () => {
  it("equal ones do not differ", () => {
    fc.assert(
      fc.property(shapes, (list) => {
        const found = diffGraphs(graphOf(list), graphOf(list));
        expect(found).toEqual({ steps: [], options: [], otherCode: false });
      }),
    );
  });

  it("taking away what was removed and adding what was added gives the other's steps", () => {
    fc.assert(
      fc.property(shapes, shapes, (one, other) => {
        const [from, to] = [graphOf(one), graphOf(other)];
        const { steps } = diffGraphs(from, to);
        const at = (change: string) =>
          steps.filter((s) => s.change === change).map(({ path }) => path);
        const [removed, added] = [at("removed"), at("added")];
        const result = paths(from).filter((path) => !removed.includes(path));
        expect([...result, ...added].sort()).toEqual(paths(to).sort());
      }),
    );
  });

  it("what did not move is in the same order in both", () => {
    fc.assert(
      fc.property(shapes, shapes, (one, other) => {
        const [from, to] = [graphOf(one), graphOf(other)];
        const moved = new Set(
          diffGraphs(from, to).steps.flatMap(({ path, change, parts }) =>
            change !== "changed" || parts.includes("position") ? [path] : [],
          ),
        );
        const isStill = (path: string) =>
          path
            .split("/")
            .every(
              (_, index, all) => !moved.has(all.slice(0, index + 1).join("/")),
            );
        expect(paths(from).filter(isStill)).toEqual(paths(to).filter(isStill));
      }),
    );
  });

  it("the way back says the opposite", () => {
    fc.assert(
      fc.property(shapes, shapes, (one, other) => {
        const [from, to] = [graphOf(one), graphOf(other)];
        const there = diffGraphs(from, to).steps;
        const back = diffGraphs(to, from).steps;
        const at = (steps: typeof there, change: string) =>
          steps
            .filter((s) => s.change === change)
            .map(({ path }) => path)
            .sort();
        expect(at(there, "added")).toEqual(at(back, "removed"));
        expect(at(there, "removed")).toEqual(at(back, "added"));
      }),
    );
  });
});
