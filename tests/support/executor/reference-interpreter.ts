/** What a run of a graph must come to, told as plainly as possible: recursion over the graph, one step after another. */
import type {
  BranchStep,
  Graph,
  LoopStep,
  ParallelStep,
  StepNode,
} from "../../../convex/language/graph";
import type { Fates } from "./random-graphs";

export type Outcome = "completed" | "failed";
export type Expected = {
  run: Outcome;
  steps: Map<string, Outcome>;
  /**
   * Loops with several iterations at once and parallels that failed, and races: what is inside may also have been
   * cancelled, or never have started, depending on what was faster.
   */
  racing: string[];
};

export function interpret(graph: Graph, fates: Fates): Expected {
  const steps = new Map<string, Outcome>();
  const racing: string[] = [];

  function block(nodes: StepNode[], prefix: string): Outcome {
    for (const node of nodes) {
      const key = prefix + node.name;
      const outcome = step(node, key);
      steps.set(key, outcome);
      if (outcome === "failed" && node.onError === "fail") return "failed";
    }
    return "completed";
  }

  function step(node: StepNode, key: string): Outcome {
    if (fates.fails(key)) return "failed";
    if (node.kind === "condition")
      return block(node[fates.branch(key)] ?? [], `${key}/`);
    if (node.kind === "switch") {
      const taken = fates.takes(node, key);
      return taken === null ? "completed" : branch(taken, key);
    }
    if (node.kind === "parallel") return parallel(node, key);
    return node.kind === "loop" ? loop(node, key) : "completed";
  }

  function branch(node: BranchStep, around: string): Outcome {
    const key = `${around}/${node.name}`;
    const outcome = block(node.steps, `${key}/`);
    steps.set(key, outcome);
    return outcome;
  }

  function parallel(node: ParallelStep, key: string): Outcome {
    const outcomes = node.branches.map((one) => branch(one, key));
    if (node.mode === "race" || outcomes.includes("failed")) racing.push(key);
    if (node.mode === "all")
      return outcomes.includes("failed") ? "failed" : "completed";
    return outcomes.includes("completed") ? "completed" : "failed";
  }

  function loop(node: LoopStep, key: string): Outcome {
    let outcome: Outcome = "completed";
    for (let index = 0; index < fates.iterations(key); index++) {
      const iteration = block(node.body, `${key}[${index}]/`);
      steps.set(`${key}[${index}]`, iteration);
      if (iteration === "completed" || node.onIterationError === "continue")
        continue;
      outcome = "failed";
      if (node.concurrency === 1) break;
      if (!racing.includes(key)) racing.push(key);
    }
    return outcome;
  }

  return { run: block(graph.steps, ""), steps, racing };
}
