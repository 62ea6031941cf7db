/**
 * Arbitrary graphs of all kinds of steps, as the compiler would make them. Names are unique in the whole graph. Steps that
 * run other workflows are only in those that have some to run.
 */
import fc from "fast-check";
import type {
  BranchStep,
  Graph,
  LoopStep,
  StepNode,
} from "../../../convex/language/graph";
import { present } from "./present";

type OnError = "fail" | "continue";
type LeafKind =
  | "code"
  | "http"
  | "action"
  | "delay"
  | "approval"
  | "waitForEvent"
  | "run"
  | "fail"
  | "stop";

type Shape =
  /** `late`: nothing answers it within its time. */
  | {
      kind: "leaf";
      step: LeafKind;
      late: boolean;
      onTimeout: OnError;
      onError: OnError;
      /** Of `run`: which workflow, and whether it waits. */
      child: number;
      waits: boolean;
    }
  | {
      kind: "condition";
      onError: OnError;
      then: Shape[];
      else: Shape[] | null;
    }
  | {
      kind: "switch";
      onError: OnError;
      cases: Shape[][];
      default: Shape[] | null;
    }
  | {
      kind: "parallel";
      onError: OnError;
      mode: "all" | "race";
      branches: Shape[][];
    }
  | {
      kind: "loop";
      mode: LoopStep["mode"];
      concurrency: number;
      onIterationError: "stop" | "continue";
      body: Shape[];
    };

const onError = fc.constantFrom<OnError>("fail", "continue");
const leafKind = (hasChildren: boolean) =>
  fc.oneof(
    { weight: 8, arbitrary: fc.constant<LeafKind>("code") },
    {
      weight: 8,
      arbitrary: fc.constantFrom<LeafKind>(
        ...(["http", "action", "delay", "approval", "waitForEvent"] as const),
      ),
    },
    { weight: hasChildren ? 6 : 0, arbitrary: fc.constant<LeafKind>("run") },
    { weight: 1, arbitrary: fc.constantFrom<LeafKind>("fail", "stop") },
  );

type Size = { children: readonly string[]; maxDepth: number };

const blocks = ({ children, maxDepth }: Size) =>
  fc.letrec<{ step: Shape; block: Shape[] }>((tie) => ({
    step: fc.oneof(
      { maxDepth, withCrossShrink: true },
      fc.record({
        kind: fc.constant("leaf" as const),
        step: leafKind(children.length > 0),
        late: fc.integer({ min: 0, max: 7 }).map((n) => n === 7),
        onTimeout: onError,
        onError,
        child: fc.nat({ max: Math.max(0, children.length - 1) }),
        waits: fc.integer({ min: 0, max: 3 }).map((n) => n > 0),
      }),
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
        mode: fc.constantFrom(
          "each" as const,
          "times" as const,
          "while" as const,
        ),
        concurrency: fc.integer({ min: 1, max: 4 }),
        onIterationError: fc.constantFrom("stop" as const, "continue" as const),
        body: tie("block"),
      }),
    ),
    block: fc.array(tie("step"), { minLength: 1, maxLength: 3 }),
  })).block;

const retry = {
  maxAttempts: 3,
  backoff: "fixed",
  initialDelayMs: 60_000,
  maxDelayMs: 60_000,
  maxElapsedMs: null,
} as const;

/** `children`: names of workflows that their steps run. */
export function graphsOf(size: Size): fc.Arbitrary<Graph> {
  return blocks(size).map((shapes) => ({
    steps: new Builder(size.children).nodesOf(shapes, ""),
    hasOutput: false,
    outputReads: [],
    timeoutMs: null,
    retry,
  }));
}

export const graphs = graphsOf({ children: [], maxDepth: 3 });

/** Less than what effects get when they have no timeout. */
const TIME_MS = 50_000;

class Builder {
  readonly #children: readonly string[];
  #count = 0;

  constructor(children: readonly string[]) {
    this.#children = children;
  }

  nodesOf(shapes: Shape[], parent: string): StepNode[] {
    return shapes.map((shape) => this.#node(shape, parent));
  }

  #node(shape: Shape, parent: string): StepNode {
    const name = `n${this.#count++}`;
    const path = parent === "" ? name : `${parent}/${name}`;
    const common = { ...commonOf(name, path), onError: onErrorOf(shape) };
    switch (shape.kind) {
      case "leaf":
        return leafOf(shape, common, this.#children);
      case "condition":
        return {
          ...common,
          kind: "condition",
          then: this.nodesOf(shape.then, path),
          else: shape.else && this.nodesOf(shape.else, path),
        };
      case "switch":
        return {
          ...common,
          kind: "switch",
          cases: shape.cases.map((steps, n) =>
            this.#branch(steps, `c${n}`, path),
          ),
          default:
            shape.default && this.#branch(shape.default, "default", path),
        };
      case "parallel":
        return {
          ...common,
          kind: "parallel",
          mode: shape.mode,
          branches: shape.branches.map((steps, n) =>
            this.#branch(steps, `b${n}`, path),
          ),
        };
      case "loop":
        return {
          ...common,
          kind: "loop",
          mode: shape.mode,
          times: null,
          concurrency: shape.mode === "while" ? 1 : shape.concurrency,
          maxIterations: 10_000,
          onIterationError: shape.onIterationError,
          hasKey: false,
          body: this.nodesOf(shape.body, path),
        };
    }
  }

  #branch(shapes: Shape[], name: string, around: string): BranchStep {
    const path = `${around}/${name}`;
    const steps = this.nodesOf(shapes, path);
    return { ...commonOf(name, path), onError: "fail", kind: "branch", steps };
  }
}

type Common = Omit<StepNode, "kind">;

function onErrorOf(shape: Shape): OnError {
  const isEnd = shape.kind === "leaf" && ["fail", "stop"].includes(shape.step);
  return shape.kind === "loop" || isEnd ? "fail" : shape.onError;
}

function commonOf(name: string, path: string): Omit<Common, "onError"> {
  const nothing = { range: null, reads: [], readsInput: false };
  return { path, name, label: name, ...nothing, retry, timeoutMs: null };
}

function leafOf(
  { step, late, onTimeout, child, waits }: Extract<Shape, { kind: "leaf" }>,
  common: Common,
  children: readonly string[],
): StepNode {
  const timed = { ...common, timeoutMs: late ? TIME_MS : null };
  switch (step) {
    case "code":
      return { ...common, kind: "code" };
    case "http":
      return { ...timed, kind: "http", responseSchema: null, retryOn: null };
    case "action":
      return { ...timed, kind: "action" };
    case "delay":
      return { ...common, kind: "delay", durationMs: 3_600_000 };
    case "approval": {
      const asked = { title: null, hasDetails: false, formSchema: null };
      const late = onTimeout === "fail" ? "fail" : "approve";
      return {
        ...timed,
        kind: "approval",
        ...asked,
        approvers: null,
        quorum: 1,
        onTimeout: late,
      };
    }
    case "waitForEvent": {
      const wanted = { event: "wanted", hasMatch: true, dataSchema: null };
      return { ...timed, kind: "waitForEvent", ...wanted, onTimeout };
    }
    case "run": {
      const workflow = present(children[child]);
      const given = { wait: waits, hasInput: true, input: null };
      return { ...timed, kind: "run", workflow, ...given };
    }
    case "fail":
      return { ...common, kind: "fail", message: "no" };
    case "stop":
      return { ...common, kind: "stop", hasOutput: true };
  }
}
