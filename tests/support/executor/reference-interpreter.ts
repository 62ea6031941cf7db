/**
 * What a run of a graph may come to, told as plainly as possible: recursion over the graph, one step after another. Where
 * what comes first decides (races, failures and stops beside others), there are several answers. What ran out of time is
 * said by whoever asks, or not known: then there are both answers.
 */
import {
  type ApprovalStep,
  type BranchStep,
  type Graph,
  type LoopStep,
  ON_FAILURE,
  type ParallelStep,
  type RunStep,
  type StepNode,
  type WaitForEventStep,
} from "../../../convex/language/graph";
import type { Fates } from "./fates";
import { isHopeless } from "./random-graphs";

/** `stopped`: a `stop` inside has ended the run. */
export type Outcome = "completed" | "failed" | "stopped";
export type Outcomes = ReadonlySet<Outcome>;
/** What a step that runs another workflow may come to, once its input is made. */
export type RunReference = (node: RunStep, key: string) => Outcomes;

/** Whether the time of something was up before it ended. */
export type Timing = "no" | "yes" | "unknown";
export type Times = { run: Timing; step: (key: string) => Timing };
/** Nobody answers a wait that has a timeout. */
const LATE: Times = { run: "no", step: () => "yes" };

export type Expected = {
  run: Outcomes;
  steps: Map<string, ExpectedStep>;
  /** Those of `onFailure`, if the run fails. */
  afterFailure: Map<string, ExpectedStep>;
};
export type ExpectedStep = {
  outcomes: Outcomes;
  /** Whether the step certainly comes to one of them; else it may also be cut off, or never start. */
  isCertain: boolean;
};

const COMPLETED: Outcomes = new Set(["completed"]);
const FAILED: Outcomes = new Set(["failed"]);

export function interpret(
  graph: Graph,
  fates: Fates,
  {
    runOf = runsNothing,
    times = LATE,
  }: { runOf?: RunReference; times?: Times } = {},
): Expected {
  let steps = new Map<string, ExpectedStep>();

  function block(
    nodes: StepNode[],
    prefix: string,
    isCertain: boolean,
  ): Outcomes {
    const ends = new Set<Outcome>();
    for (const node of nodes) {
      const key = prefix + node.name;
      const goesOnSurely = isCertain && ends.size === 0;
      const outcomes = step(node, key, goesOnSurely);
      steps.set(key, { outcomes, isCertain: goesOnSurely });
      if (outcomes.has("stopped")) ends.add("stopped");
      const isFatal = outcomes.has("failed") && node.onError === "fail";
      if (isFatal) ends.add("failed");
      const goesOn =
        outcomes.has("completed") || (outcomes.has("failed") && !isFatal);
      if (!goesOn) return ends;
    }
    return ends.add("completed");
  }

  function step(node: StepNode, key: string, isCertain: boolean): Outcomes {
    switch (node.kind) {
      case "condition":
      case "switch":
      case "parallel":
      case "loop":
      case "run": {
        const timing = node.timeoutMs === null ? "no" : times.step(key);
        const ends = container(node, key, isCertain && timing === "no");
        return withTime(timing, { ends, late: FAILED });
      }
      case "approval":
      case "waitForEvent":
        return wait(node, key, isCertain);
      default:
        return effect(node, key);
    }
  }

  /** Without its timeout. */
  function container(
    node: ContainerStep,
    key: string,
    isCertain: boolean,
  ): Outcomes {
    switch (node.kind) {
      case "condition":
        if (fates.fails(key)) return FAILED;
        return block(node[fates.branch(key)] ?? [], `${key}/`, isCertain);
      case "switch": {
        if (fates.fails(key)) return FAILED;
        const taken = node.cases[fates.takes(key, node.cases.length)];
        const chosen = taken ?? node.default;
        return chosen === null ? COMPLETED : branch(chosen, key, isCertain);
      }
      case "parallel":
        return parallel(node, key, isCertain);
      case "loop":
        if (fates.fails(key)) return FAILED;
        return loop(node, key, isCertain);
      case "run":
        return fates.fails(key) ? FAILED : runOf(node, key);
    }
  }

  function wait(
    node: ApprovalStep | WaitForEventStep,
    key: string,
    isCertain: boolean,
  ): Outcomes {
    const timing = node.timeoutMs === null ? "no" : times.step(key);
    const ends = new Set([answeredOutcome(node, key, fates)]);
    if (node.late === undefined || timing === "no")
      return withTime(timing, { ends, late: new Set([lateOutcome(node)]) });
    const isSure = isCertain && timing === "yes";
    const late = block(node.late, `${key}/`, isSure);
    return withTime(timing, { ends, late });
  }

  /** When its time allows one further attempt only, what else took time decides whether that is enough. */
  function effect(node: StepNode, key: string): Outcomes {
    const outcome = leafOutcome(node, key, fates);
    const isTight = node.timeoutMs !== null && !isHopeless(node);
    return new Set(isTight ? [outcome, "failed"] : [outcome]);
  }

  function branch(node: BranchStep, around: string, isCertain: boolean) {
    const key = `${around}/${node.name}`;
    const outcomes = block(node.steps, `${key}/`, isCertain);
    steps.set(key, { outcomes, isCertain });
    return outcomes;
  }

  function parallel(
    node: ParallelStep,
    key: string,
    isCertain: boolean,
  ): Outcomes {
    const inside = (isSure: boolean) =>
      node.branches.map((one) => branch(one, key, isSure));
    const isRace = node.mode === "race" && node.branches.length > 1;
    const ends = inside(isCertain && !isRace);
    if (!ends.every(isHarmless))
      inside(isCertain && node.branches.length === 1);
    return node.mode === "race" ? raceOf(ends) : allOf(ends);
  }

  function loop(node: LoopStep, key: string, isCertain: boolean): Outcomes {
    const count = fates.iterations(key);
    return node.concurrency === 1
      ? inTurn(node, { key, count, isCertain })
      : atOnce(node, { key, count, isCertain });
  }

  function iteration(node: LoopStep, key: string, isCertain: boolean) {
    const outcomes = block(node.body, `${key}/`, isCertain);
    steps.set(key, { outcomes, isCertain });
    return outcomes;
  }

  function inTurn(
    node: LoopStep,
    {
      key,
      count,
      isCertain,
    }: { key: string; count: number; isCertain: boolean },
  ): Outcomes {
    const ends = new Set<Outcome>();
    for (let index = 0; index < count; index++) {
      const isSure = isCertain && ends.size === 0;
      const outcomes = iteration(node, `${key}[${index}]`, isSure);
      if (outcomes.has("stopped")) ends.add("stopped");
      const isFatal =
        outcomes.has("failed") && node.onIterationError === "stop";
      if (isFatal) ends.add("failed");
      const goesOn =
        outcomes.has("completed") || (outcomes.has("failed") && !isFatal);
      if (!goesOn) return ends;
    }
    return ends.add("completed");
  }

  function atOnce(
    node: LoopStep,
    {
      key,
      count,
      isCertain,
    }: { key: string; count: number; isCertain: boolean },
  ): Outcomes {
    const all = (isSure: boolean) =>
      Array.from({ length: count }, (_, index) =>
        iteration(node, `${key}[${index}]`, isSure),
      );
    const ends = all(isCertain).map((outcomes) =>
      node.onIterationError === "continue" ? forgiven(outcomes) : outcomes,
    );
    if (!ends.every(isHarmless)) all(false);
    return allOf(ends);
  }

  const timing = graph.timeoutMs === null ? "no" : times.run;
  const ends = block(graph.steps, "", timing === "no");
  const run = withTime(timing, { ends, late: FAILED });
  const expected = { run, steps };
  steps = new Map();
  if (graph.onFailure !== undefined) {
    const outcomes = block(graph.onFailure.steps, `${ON_FAILURE}/`, true);
    steps.set(ON_FAILURE, { outcomes, isCertain: true });
  }
  return { ...expected, afterFailure: steps };
}

type ContainerStep = Extract<
  StepNode,
  { kind: "condition" | "switch" | "parallel" | "loop" | "run" }
>;

function withTime(
  timing: Timing,
  { ends, late }: { ends: Outcomes; late: Outcomes },
): Outcomes {
  switch (timing) {
    case "no":
      return ends;
    case "yes":
      return late;
    case "unknown":
      return new Set([...ends, ...late]);
  }
}

function runsNothing(node: RunStep): never {
  throw new Error(`${node.path} runs a workflow that nobody knows`);
}

function isHarmless(outcomes: Outcomes): boolean {
  return !outcomes.has("failed") && !outcomes.has("stopped");
}

function forgiven(outcomes: Outcomes): Outcomes {
  return new Set(
    [...outcomes].map((one) => (one === "failed" ? "completed" : one)),
  );
}

function allOf(ends: readonly Outcomes[]): Outcomes {
  const outcomes = new Set<Outcome>();
  if (ends.every((one) => one.has("completed"))) outcomes.add("completed");
  if (ends.some((one) => one.has("failed"))) outcomes.add("failed");
  if (ends.some((one) => one.has("stopped"))) outcomes.add("stopped");
  return outcomes;
}

function raceOf(ends: readonly Outcomes[]): Outcomes {
  const outcomes = new Set<Outcome>();
  if (ends.some((one) => one.has("completed"))) outcomes.add("completed");
  if (ends.every((one) => one.has("failed"))) outcomes.add("failed");
  if (ends.some((one) => one.has("stopped"))) outcomes.add("stopped");
  return outcomes;
}

/** Of a wait, when its time is up and no steps are there for that. */
function lateOutcome({ onTimeout }: ApprovalStep | WaitForEventStep): Outcome {
  return onTimeout === "fail" ? "failed" : "completed";
}

/** Of a wait, when its time is not up. */
function answeredOutcome(
  { kind }: ApprovalStep | WaitForEventStep,
  key: string,
  fates: Fates,
): Outcome {
  return kind === "waitForEvent" && fates.fails(key) ? "failed" : "completed";
}

/** What has a timeout is late, unless it is an effect with some time. */
export function leafOutcome(
  node: StepNode,
  key: string,
  fates: Fates,
): Outcome {
  switch (node.kind) {
    case "fail":
      return "failed";
    case "stop":
      return fates.fails(key) ? "failed" : "stopped";
    case "delay":
      return "completed";
    case "approval":
    case "waitForEvent":
      return node.timeoutMs === null
        ? answeredOutcome(node, key, fates)
        : lateOutcome(node);
    default:
      return isHopeless(node) || fates.fails(key) ? "failed" : "completed";
  }
}

export type StepEnd = "completed" | "failed" | "cancelled" | undefined;

/**
 * Whether a step may be in this state when its run has ended by itself. Undefined: it was never reached. What a `stop`
 * is in completes with it when nothing else is in it, and else is cut off.
 */
export function isExpected(
  { outcomes, isCertain }: ExpectedStep,
  state: StepEnd,
): boolean {
  switch (state) {
    case undefined:
      return !isCertain;
    case "cancelled":
      return !isCertain || outcomes.has("stopped");
    case "completed":
      return outcomes.has("completed") || outcomes.has("stopped");
    case "failed":
      return outcomes.has("failed");
  }
}
