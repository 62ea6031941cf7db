/** Arbitrary shapes of workflows, which `random-graphs.ts` makes graphs of. */
import fc from "fast-check";
import type { LoopStep } from "../../../convex/language/graph";

export type OnError = "fail" | "continue";
type WaitKind = "approval" | "waitForEvent";
type LeafKind =
  WaitKind | "code" | "http" | "action" | "delay" | "run" | "fail" | "stop";

export type LeafShape = {
  kind: "leaf";
  step: LeafKind;
  onError: OnError;
  timeoutMs: number | null;
  onTimeout: OnError;
  /** Of `run`: which workflow, and whether it waits. */
  child: number;
  waits: boolean;
};

export type Shape =
  | LeafShape
  /** A wait with steps for when nobody answers in time. */
  | {
      kind: "late";
      step: WaitKind;
      onError: OnError;
      timeoutMs: number;
      late: Shape[];
    }
  | {
      kind: "condition";
      onError: OnError;
      timeoutMs: number | null;
      then: Shape[];
      else: Shape[] | null;
    }
  | {
      kind: "switch";
      onError: OnError;
      timeoutMs: number | null;
      cases: Shape[][];
      default: Shape[] | null;
    }
  | {
      kind: "parallel";
      onError: OnError;
      timeoutMs: number | null;
      mode: "all" | "race";
      branches: Shape[][];
    }
  | {
      kind: "loop";
      timeoutMs: number | null;
      mode: LoopStep["mode"];
      concurrency: number;
      onIterationError: "stop" | "continue";
      body: Shape[];
    };

export type WorkflowShape = {
  steps: Shape[];
  timeoutMs: number | null;
  onFailure: Shape[] | null;
};

/**
 * `children`: names of workflows that steps may run. `isPlain`: nothing in it depends on a clock, and nothing follows a
 * failure; what has a timeout is certainly late.
 */
export type Size = {
  children: readonly string[];
  maxDepth: number;
  isPlain: boolean;
};

/** Less than the time between two attempts, and than what effects get when they have no timeout. */
export const LATE_MS = 50_000;
const MINUTE = 60_000;
/** For a second attempt, if the first is made soon. No effect has as much by itself. */
export const ENOUGH_MS = 2 * MINUTE;

/** None more often than one. */
function timeout(...choices: number[]): fc.Arbitrary<number | null> {
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constantFrom(...choices) },
  );
}

const onError = fc.constantFrom<OnError>("fail", "continue");
const wait = fc.constantFrom<WaitKind>("approval", "waitForEvent");

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

const leaf = ({ children, isPlain }: Size) =>
  fc.record({
    kind: fc.constant("leaf" as const),
    step: leafKind(children.length > 0),
    onError,
    timeoutMs: isPlain
      ? timeout(LATE_MS)
      : timeout(LATE_MS, ENOUGH_MS, ENOUGH_MS),
    onTimeout: onError,
    child: fc.nat({ max: Math.max(0, children.length - 1) }),
    waits: fc.integer({ min: 0, max: 3 }).map((n) => n > 0),
  });

function blocks(size: Size): fc.Arbitrary<Shape[]> {
  const { maxDepth, isPlain } = size;
  const timeoutMs = isPlain
    ? fc.constant(null)
    : timeout(LATE_MS, LATE_MS, 90 * MINUTE);
  return fc.letrec<{ step: Shape; late: Shape; block: Shape[] }>((tie) => ({
    step: fc.oneof(
      { maxDepth, withCrossShrink: true },
      leaf(size),
      fc.record({
        kind: fc.constant("condition" as const),
        onError,
        timeoutMs,
        then: tie("block"),
        else: fc.option(tie("block")),
      }),
      fc.record({
        kind: fc.constant("switch" as const),
        onError,
        timeoutMs,
        cases: fc.array(tie("block"), { minLength: 1, maxLength: 3 }),
        default: fc.option(tie("block")),
      }),
      fc.record({
        kind: fc.constant("parallel" as const),
        onError,
        timeoutMs,
        mode: fc.constantFrom("all" as const, "race" as const),
        branches: fc.array(tie("block"), { minLength: 1, maxLength: 3 }),
      }),
      fc.record({
        kind: fc.constant("loop" as const),
        timeoutMs,
        mode: fc.constantFrom(
          "each" as const,
          "times" as const,
          "while" as const,
        ),
        concurrency: fc.integer({ min: 1, max: 4 }),
        onIterationError: fc.constantFrom("stop" as const, "continue" as const),
        body: tie("block"),
      }),
      ...(isPlain ? [] : [tie("late")]),
    ),
    late: fc.record({
      kind: fc.constant("late" as const),
      step: wait,
      onError,
      timeoutMs: fc.constantFrom(LATE_MS, 5 * MINUTE),
      late: tie("block"),
    }),
    block: fc.array(tie("step"), { minLength: 1, maxLength: 3 }),
  })).block;
}

export function workflowShapes(size: Size): fc.Arbitrary<WorkflowShape> {
  const { isPlain } = size;
  const onFailure = blocks({ ...size, maxDepth: 1 });
  return fc.record({
    steps: blocks(size),
    timeoutMs: isPlain
      ? fc.constant(null)
      : timeout(5 * MINUTE, 30 * MINUTE, 150 * MINUTE),
    onFailure: isPlain ? fc.constant(null) : fc.option(onFailure, { freq: 2 }),
  });
}
