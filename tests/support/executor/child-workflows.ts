/** Random workflows that others run, some limited in their starts, and what a step that runs one may come to. */
import fc from "fast-check";
import type { Graph, RunStep } from "../../../convex/language/graph";
import { Fates } from "./fates";
import { present } from "./present";
import { graphsOf } from "./random-graphs";
import {
  interpret,
  type Outcome,
  type Outcomes,
  type RunReference,
  type Times,
} from "./reference-interpreter";
import type { SeededRandom } from "./seeded-random";
import { sourceOf } from "./workflow-source";

type Strategy = "queue" | "drop" | "cancel-oldest";
type Child = { graph: Graph; strategy: Strategy | null };
/** Publishes a workflow and gives its slug. */
type Publish = (source: string) => Promise<string>;

/** Two that run no others and one that runs these: with those who run them, runs are three deep. */
const LEVELS = [
  { count: 2, maxDepth: 1 },
  { count: 1, maxDepth: 1 },
];

const UNKNOWN: Times = { run: "unknown", step: () => "unknown" };

export class ChildWorkflows {
  readonly #children = new Map<string, Child>();

  async publish(random: SeededRandom, publish: Publish): Promise<void> {
    for (const { count, maxDepth } of LEVELS) {
      const size = { children: this.slugs, maxDepth, isPlain: false };
      const seed = random.below(2 ** 31);
      for (const graph of fc.sample(graphsOf(size), { seed, numRuns: count })) {
        const strategy = strategyOf(random);
        const limits = limitsOf(strategy, 1 + random.below(2));
        this.#children.set(await publish(sourceOf(graph, limits)), {
          graph,
          strategy,
        });
      }
    }
  }

  get slugs(): string[] {
    return [...this.#children.keys()];
  }

  /** Of a run with these fates. `isDisturbed`: somebody has ended what the step runs, or something inside that. */
  reference(
    fates: Fates,
    isDisturbed: (key: string) => boolean = () => false,
  ): RunReference {
    return (node, key) => {
      const ends = this.#endsOf(node, fates.childSeed(key));
      return isDisturbed(key) ? new Set([...ends, "failed" as const]) : ends;
    };
  }

  /** Every attempt gives its run the same input, so all of them may come to the same. */
  #endsOf(node: RunStep, seed: number): Outcomes {
    const { graph, strategy } = present(this.#children.get(node.workflow));
    const ends = new Set<Outcome>();
    if (strategy === "drop") ends.add("failed");
    if (!node.wait) return ends.add("completed");
    if (strategy === "cancel-oldest") ends.add("failed");
    const fates = new Fates(seed);
    const given = { runOf: this.reference(fates), times: UNKNOWN };
    for (const outcome of interpret(graph, fates, given).run)
      ends.add(outcome === "failed" ? "failed" : "completed");
    return ends;
  }
}

function strategyOf(random: SeededRandom): Strategy | null {
  const strategies = ["queue", "drop", "cancel-oldest"] as const;
  return random.chance(0.5) ? null : (random.pick(strategies) ?? null);
}

function limitsOf(strategy: Strategy | null, limit: number): string {
  return strategy === null
    ? ""
    : `concurrency: { limit: ${limit}, strategy: "${strategy}" },`;
}
