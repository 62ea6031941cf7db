/** Arbitrary graphs, and arbitrary fates of the steps in them as functions of their keys. */
import fc from "fast-check";
import type {
  BranchStep,
  Graph,
  LoopStep,
  StepNode,
  SwitchStep,
} from "../../../convex/language/graph";

type Shape =
  | { kind: "leaf"; onError: "fail" | "continue" }
  | {
      kind: "condition";
      onError: "fail" | "continue";
      then: Shape[];
      else: Shape[] | null;
    }
  | {
      kind: "switch";
      onError: "fail" | "continue";
      cases: Shape[][];
      default: Shape[] | null;
    }
  | {
      kind: "parallel";
      onError: "fail" | "continue";
      mode: "all" | "race";
      branches: Shape[][];
    }
  | {
      kind: "loop";
      mode: "each" | "while";
      concurrency: number;
      onIterationError: "stop" | "continue";
      body: Shape[];
    };

const onError = fc.constantFrom("fail" as const, "continue" as const);

const { block } = fc.letrec<{ step: Shape; block: Shape[] }>((tie) => ({
  step: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.record({ kind: fc.constant("leaf" as const), onError }),
    fc.record({
      kind: fc.constant("condition" as const),
      onError,
      then: tie("block"),
      else: fc.option(tie("block")),
    }),
    fc.record({
      kind: fc.constant("switch" as const),
      onError,
      cases: fc.array(tie("block"), { minLength: 1, maxLength: 3 }),
      default: fc.option(tie("block")),
    }),
    fc.record({
      kind: fc.constant("parallel" as const),
      onError,
      mode: fc.constantFrom("all" as const, "race" as const),
      branches: fc.array(tie("block"), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({
      kind: fc.constant("loop" as const),
      mode: fc.constantFrom("each" as const, "while" as const),
      concurrency: fc.integer({ min: 1, max: 4 }),
      onIterationError: fc.constantFrom("stop" as const, "continue" as const),
      body: tie("block"),
    }),
  ),
  block: fc.array(tie("step"), { minLength: 1, maxLength: 3 }),
}));

const retry = {
  maxAttempts: 1,
  backoff: "fixed",
  initialDelayMs: 0,
  maxDelayMs: 0,
  maxElapsedMs: null,
} as const;

export const graphs: fc.Arbitrary<Graph> = block.map((shapes) => ({
  steps: nodesOf(shapes, ""),
  hasOutput: false,
  outputReads: [],
  timeoutMs: null,
  retry,
}));

/** `prefix` tells the branches of a condition apart: their steps share its path. */
function nodesOf(shapes: Shape[], parent: string, prefix = "s"): StepNode[] {
  return shapes.map((shape, index) =>
    nodeOf(shape, `${prefix}${index}`, parent),
  );
}

function nodeOf(shape: Shape, name: string, parent: string): StepNode {
  const path = parent === "" ? name : `${parent}/${name}`;
  const common = {
    path,
    name,
    label: name,
    range: null,
    reads: [],
    readsInput: false,
    retry,
    timeoutMs: null,
  };
  switch (shape.kind) {
    case "leaf":
      return { ...common, kind: "code", onError: shape.onError };
    case "condition":
      return {
        ...common,
        kind: "condition",
        onError: shape.onError,
        then: nodesOf(shape.then, path, "t"),
        else: shape.else && nodesOf(shape.else, path, "e"),
      };
    case "switch":
      return {
        ...common,
        kind: "switch",
        onError: shape.onError,
        cases: shape.cases.map((steps, index) =>
          branchOf(steps, `c${index}`, common),
        ),
        default: shape.default && branchOf(shape.default, "default", common),
      };
    case "parallel":
      return {
        ...common,
        kind: "parallel",
        onError: shape.onError,
        mode: shape.mode,
        branches: shape.branches.map((steps, index) =>
          branchOf(steps, `b${index}`, common),
        ),
      };
    case "loop":
      return loopOf(shape, common);
  }
}

function branchOf(
  steps: Shape[],
  name: string,
  around: Omit<BranchStep, "kind" | "onError" | "steps">,
): BranchStep {
  const path = `${around.path}/${name}`;
  return {
    ...around,
    path,
    name,
    label: name,
    kind: "branch",
    onError: "fail",
    steps: nodesOf(steps, path),
  };
}

function loopOf(
  shape: Extract<Shape, { kind: "loop" }>,
  common: Omit<LoopStep, LoopField>,
): LoopStep {
  return {
    ...common,
    kind: "loop",
    onError: "fail",
    mode: shape.mode,
    times: null,
    concurrency: shape.mode === "while" ? 1 : shape.concurrency,
    maxIterations: 10_000,
    onIterationError: shape.onIterationError,
    hasKey: false,
    body: nodesOf(shape.body, common.path),
  };
}

type LoopField =
  | "kind"
  | "onError"
  | "mode"
  | "times"
  | "concurrency"
  | "maxIterations"
  | "onIterationError"
  | "hasKey"
  | "body";

/** What happens to the step at a key, always the same. */
export class Fates {
  readonly #seed: number;
  constructor(seed: number) {
    this.#seed = seed;
  }

  fails(key: string): boolean {
    return this.#chance(`fails ${key}`) < 0.15;
  }

  branch(key: string): "then" | "else" {
    return this.#chance(`branch ${key}`) < 0.6 ? "then" : "else";
  }

  /** Null: none of the cases, and there is no default. */
  takes(node: SwitchStep, key: string): BranchStep | null {
    const all = [...node.cases, node.default];
    return all[Math.floor(this.#chance(`case ${key}`) * all.length)] ?? null;
  }

  iterations(key: string): number {
    return Math.floor(this.#chance(`iterations ${key}`) * 5);
  }

  #chance(text: string): number {
    let hash = this.#seed | 0;
    for (const letter of text)
      hash =
        Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x5bd1e995) ^
        (hash >>> 13);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    return ((hash ^ (hash >>> 12)) >>> 0) / 2 ** 32;
  }
}
