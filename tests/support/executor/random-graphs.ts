/**
 * Arbitrary graphs of all kinds of steps, as the compiler would make them. Names are unique in the whole graph. Steps that
 * run other workflows are only in those that have some to run.
 */
import type fc from "fast-check";
import {
  type BranchStep,
  type Graph,
  ON_FAILURE,
  type StepNode,
} from "../../../convex/language/graph";
import { present } from "./present";
import {
  LATE_MS,
  type LeafShape,
  type OnError,
  type Shape,
  type Size,
  type WorkflowShape,
  workflowShapes,
} from "./random-shapes";

/** Fixed, and longer than `LATE_MS`. */
export const RETRY_MS = 60_000;

const retry = {
  maxAttempts: 3,
  backoff: "fixed",
  initialDelayMs: RETRY_MS,
  maxDelayMs: RETRY_MS,
  maxElapsedMs: null,
} as const;

export function isEffect({ kind }: StepNode): boolean {
  return kind === "http" || kind === "action";
}

/** An effect that takes longer than it may, without time for a second attempt. */
export function isHopeless(node: StepNode): boolean {
  const { timeoutMs } = node;
  return isEffect(node) && timeoutMs !== null && timeoutMs <= LATE_MS;
}

export function graphsOf(size: Size): fc.Arbitrary<Graph> {
  return workflowShapes(size).map((shape) =>
    new Builder(size.children).graph(shape),
  );
}

export const graphs = graphsOf({ children: [], maxDepth: 3, isPlain: true });

class Builder {
  readonly #children: readonly string[];
  #count = 0;

  constructor(children: readonly string[]) {
    this.#children = children;
  }

  graph({ steps, timeoutMs, onFailure }: WorkflowShape): Graph {
    return {
      steps: this.#nodes(steps, ""),
      hasOutput: false,
      outputReads: [],
      timeoutMs,
      retry,
      ...(onFailure && {
        onFailure: this.#branch(onFailure, ON_FAILURE, ""),
      }),
    };
  }

  #nodes(shapes: Shape[], parent: string): StepNode[] {
    return shapes.map((shape) => this.#node(shape, parent));
  }

  #node(shape: Shape, parent: string): StepNode {
    const name = `n${this.#count++}`;
    const path = inside(parent, name);
    const { timeoutMs } = shape;
    const common = { ...commonOf(name, path), onError: onErrorOf(shape) };
    const timed = { ...common, timeoutMs };
    switch (shape.kind) {
      case "leaf":
        return leafOf(shape, common, this.#children);
      case "late":
        return {
          ...waitOf(shape.step, timed, "fail"),
          onTimeout: "steps",
          late: this.#nodes(shape.late, path),
        };
      case "condition":
        return {
          ...timed,
          kind: "condition",
          then: this.#nodes(shape.then, path),
          else: shape.else && this.#nodes(shape.else, path),
        };
      case "switch":
        return {
          ...timed,
          kind: "switch",
          cases: shape.cases.map((steps, n) =>
            this.#branch(steps, `c${n}`, path),
          ),
          default:
            shape.default && this.#branch(shape.default, "default", path),
        };
      case "parallel":
        return {
          ...timed,
          kind: "parallel",
          mode: shape.mode,
          branches: shape.branches.map((steps, n) =>
            this.#branch(steps, `b${n}`, path),
          ),
        };
      case "loop":
        return {
          ...timed,
          kind: "loop",
          mode: shape.mode,
          times: null,
          concurrency: shape.mode === "while" ? 1 : shape.concurrency,
          maxIterations: 10_000,
          onIterationError: shape.onIterationError,
          hasKey: false,
          body: this.#nodes(shape.body, path),
        };
    }
  }

  #branch(shapes: Shape[], name: string, around: string): BranchStep {
    const path = inside(around, name);
    const steps = this.#nodes(shapes, path);
    return { ...commonOf(name, path), onError: "fail", kind: "branch", steps };
  }
}

const inside = (around: string, name: string) =>
  around === "" ? name : `${around}/${name}`;

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
  { step, timeoutMs, onTimeout, child, waits }: LeafShape,
  common: Common,
  children: readonly string[],
): StepNode {
  const timed = { ...common, timeoutMs };
  switch (step) {
    case "code":
      return { ...common, kind: "code" };
    case "http":
      return { ...timed, kind: "http", responseSchema: null, retryOn: null };
    case "action":
      return { ...timed, kind: "action" };
    case "delay":
      return { ...common, kind: "delay", durationMs: 3_600_000 };
    case "approval":
    case "waitForEvent":
      return waitOf(step, timed, onTimeout);
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

function waitOf(
  kind: "approval" | "waitForEvent",
  common: Common,
  onTimeout: OnError,
) {
  if (kind === "waitForEvent") {
    const wanted = { event: "wanted", hasMatch: true, dataSchema: null };
    return { ...common, kind, ...wanted, onTimeout };
  }
  return {
    ...common,
    kind,
    title: null,
    hasDetails: false,
    formSchema: null,
    approvers: null,
    quorum: 1,
    onTimeout: onTimeout === "fail" ? ("fail" as const) : ("approve" as const),
  };
}
