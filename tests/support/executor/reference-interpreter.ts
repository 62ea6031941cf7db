/**
 * What a run of a graph may come to, told as plainly as possible: recursion over the graph, one step after another. Where
 * what comes first decides (races, failures and stops beside others), there are several answers.
 */
import type {
  BranchStep,
  Graph,
  LoopStep,
  ParallelStep,
  RunStep,
  StepNode,
} from "../../../convex/language/graph";
import type { Fates } from "./fates";

/** `stopped`: a `stop` inside has ended the run. */
export type Outcome = "completed" | "failed" | "stopped";
export type Outcomes = ReadonlySet<Outcome>;
/** What a step that runs another workflow may come to, once its input is made. */
export type RunReference = (node: RunStep, key: string) => Outcomes;

export type Expected = {
  run: Outcomes;
  steps: Map<string, ExpectedStep>;
};
export type ExpectedStep = {
  outcomes: Outcomes;
  /** Whether the step certainly comes to one of them; else it may also be cut off, or never start. */
  isCertain: boolean;
};

const COMPLETED: Outcomes = new Set(["completed"]);

export function interpret(
  graph: Graph,
  fates: Fates,
  runOf: RunReference = runsNothing,
): Expected {
  const steps = new Map<string, ExpectedStep>();

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
        if (fates.fails(key)) return new Set(["failed"]);
        return block(node[fates.branch(key)] ?? [], `${key}/`, isCertain);
      case "switch": {
        if (fates.fails(key)) return new Set(["failed"]);
        const taken = node.cases[fates.takes(key, node.cases.length)];
        const chosen = taken ?? node.default;
        return chosen === null ? COMPLETED : branch(chosen, key, isCertain);
      }
      case "parallel":
        return parallel(node, key, isCertain);
      case "loop":
        if (fates.fails(key)) return new Set(["failed"]);
        return loop(node, key, isCertain);
      case "run":
        return fates.fails(key) ? new Set(["failed"]) : runOf(node, key);
      default:
        return new Set([leafOutcome(node, key, fates)]);
    }
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

  return { run: block(graph.steps, "", true), steps };
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

/** What has a timeout is late: see `random-graphs.ts`. */
export function leafOutcome(
  node: StepNode,
  key: string,
  fates: Fates,
): Outcome {
  const isLate = node.timeoutMs !== null;
  switch (node.kind) {
    case "fail":
      return "failed";
    case "stop":
      return fates.fails(key) ? "failed" : "stopped";
    case "delay":
      return "completed";
    case "approval":
      return isLate && node.onTimeout === "fail" ? "failed" : "completed";
    case "waitForEvent":
      if (isLate) return node.onTimeout === "fail" ? "failed" : "completed";
      return fates.fails(key) ? "failed" : "completed";
    default:
      return isLate || fates.fails(key) ? "failed" : "completed";
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
