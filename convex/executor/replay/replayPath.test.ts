import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Fates } from "../../../tests/support/executor/fates";
import { graphs } from "../../../tests/support/executor/random-graphs";
import {
  interpret,
  isExpected,
  type StepEnd,
} from "../../../tests/support/executor/reference-interpreter";
import { present } from "../../../tests/support/executor/present";
import { SimulatedRun } from "../../../tests/support/executor/simulated-run";
import { blockOf, type Graph, walk } from "../../language/graph";
import { differenceBefore, firstStepIn } from "./replayPath";

const choices = fc.array(fc.nat(), { minLength: 1, maxLength: 50 });

/** Picks as the list says, over and over. */
function picker(picks: number[]): (count: number) => number {
  let turn = 0;
  return (count) => present(picks[turn++ % picks.length]) % count;
}

describe("a replay of any graph from any of its steps", () => {
  it("comes to what the run comes to, and leaves what it reuses as it was", () => {
    fc.assert(
      fc.property(
        graphs,
        fc.integer(),
        choices,
        fc.nat(),
        (graph, seed, picks, chosen) => {
          const fates = new Fates(seed);
          const expected = interpret(graph, fates);
          const choose = picker(picks);
          const source = new SimulatedRun(graph, fates);
          source.play(choose);
          const keys = [...source.states.keys()];
          const key = firstStepIn(graph, present(keys[chosen % keys.length]));
          if (!source.states.has(key)) return;

          const again = new SimulatedRun(graph, fates);
          const reused = again.replay(source, key, choose);
          const end = again.stoppedBy === null ? again.run : "stopped";
          expect([...expected.run]).toContain(end);
          expect(reused).not.toContain(key);
          for (const one of reused)
            expect(again.states.get(one)).toBe(source.states.get(one));
          for (const [at, step] of expected.steps) {
            const state = again.states.get(at) as StepEnd;
            expect(isExpected(step, state), `${at} is ${state}`).toBe(true);
          }
          expect([...again.states.values()]).not.toContain("running");
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("another version", () => {
  const keysOf = (graph: Graph) =>
    [...walk(graph.steps)].map(({ path }) => path);

  const copyOf = (graph: Graph) => JSON.parse(JSON.stringify(graph)) as Graph;

  it("that is the same differs nowhere", () => {
    fc.assert(
      fc.property(graphs, fc.nat(), (graph, chosen) => {
        const keys = keysOf(graph);
        const key = present(keys[chosen % keys.length]);
        const is = copyOf(graph);
        expect(differenceBefore({ was: graph, is }, key)).toBeNull();
      }),
    );
  });

  it("differs when a step before is gone, and not when one after it is", () => {
    fc.assert(
      fc.property(graphs, fc.nat(), fc.nat(), (graph, chosen, removed) => {
        const keys = keysOf(graph);
        const key = present(keys[chosen % keys.length]);
        const draft = copyOf(graph);
        const { block, index, node } = present(blockOf(draft, key));
        if (node.kind === "branch") return;
        const at = removed % block.length;
        block.splice(at, 1);
        // A graph is not changed once it was looked at: this is another one.
        const is = copyOf(draft);
        const found = differenceBefore({ was: graph, is }, key);
        if (at > index) expect(found).toBeNull();
        else expect(found).not.toBeNull();
      }),
    );
  });
});
