/** Carries out what `transitions.ts` decides, in memory, with steps that end in any order. Checks what must always hold. */
import type { Graph, SwitchStep } from "../../../convex/language/graph";
import {
  childKey,
  isInside,
  isIterationKey,
  iterationIndex,
  iterationKey,
  parentKeyOf,
} from "../../../convex/executor/flow/keys";
import {
  branchAt,
  completedByStop,
  loopAt,
  type LoopCounts,
  nextAfter,
  nextOfLoop,
  nextOfParallel,
  nodeAt,
  parallelAt,
  type FailureRoute,
  routeFailure,
} from "../../../convex/executor/flow/transitions";
import {
  type Beside,
  besideTheWay,
  containersAround,
} from "../../../convex/executor/replay/replayPath";
import type { Fates } from "./fates";
import { present } from "./present";
import { leafOutcome } from "./reference-interpreter";

type State = "running" | "completed" | "failed" | "cancelled";

export class SimulatedRun {
  readonly states = new Map<string, State>();
  readonly counts = new Map<string, LoopCounts>();
  run: State = "running";
  /** The `stop` that ended the run. */
  stoppedBy: string | null = null;
  readonly #graph: Graph;
  readonly #fates: Fates;
  /** Leaf steps that have begun and not ended. */
  readonly #open: string[] = [];

  constructor(graph: Graph, fates: Fates) {
    this.#graph = graph;
    this.#fates = fates;
  }

  /**
   * `choose` picks which of so many open steps ends next. What has ended is said to end again now and then, and a step
   * may be asked to end that the run no longer wants: late and duplicate reports.
   */
  play(choose: (count: number) => number, cancelAfter = Infinity): void {
    this.#start(present(this.#graph.steps[0]).name);
    this.#finish(choose, cancelAfter);
  }

  #finish(choose: (count: number) => number, cancelAfter = Infinity): void {
    const ended: string[] = [];
    for (let step = 0; this.#open.length > 0; step++) {
      if (step >= cancelAfter) return this.#endRun("cancelled");
      const [key] = this.#open.splice(choose(this.#open.length), 1);
      if (key !== undefined) this.#end(key);
      if (key !== undefined) ended.push(key);
      this.#end(present(ended[choose(ended.length)]));
    }
  }

  /** A replay of `source` from a step, as `runSeeds.ts` and `reopen.ts` prepare it. Says what it reuses. */
  replay(
    source: SimulatedRun,
    key: string,
    choose: (count: number) => number,
  ): string[] {
    const anew: string[] = [];
    const ended = new Map<string, { completed: number; failed: number }>();
    for (const beside of besideTheWay(this.#graph, key))
      anew.push(...this.#takeOver(source, beside, ended));
    const reused = [...this.states.keys()];
    const containers = containersAround(key);
    for (const container of containers)
      this.#reopen(container, source, ended.get(container));
    // All rows first, as `reopen.ts` does.
    for (const beside of anew) if (!isIterationKey(beside)) this.#begin(beside);
    for (const beside of anew) this.#startAnew(beside);
    this.#start(key);
    for (const container of containers)
      if (isIterationKey(container))
        this.#more(present(parentKeyOf(container)));
    this.#finish(choose);
    return reused;
  }

  /** The keys of what runs from its beginning. */
  #takeOver(
    source: SimulatedRun,
    beside: Beside,
    ended: Map<string, { completed: number; failed: number }>,
  ): string[] {
    if (beside.kind !== "iterations") {
      const isKept = (key: string) =>
        beside.kind === "steps" || source.#isBranchKept(key);
      for (const key of beside.keys.filter(isKept)) this.#copy(source, key);
      return beside.keys.filter((key) => !isKept(key));
    }
    const counts = { completed: 0, failed: 0 };
    ended.set(beside.loop, counts);
    const anew: string[] = [];
    for (let index = 0; index < beside.until; index++) {
      const key = iterationKey(beside.loop, index);
      const end = source.#endOfIteration(key);
      if (end === null) anew.push(key);
      else {
        counts[end] += 1;
        this.#copy(source, key);
      }
    }
    return anew;
  }

  #isBranchKept(key: string): boolean {
    const { mode } = parallelAt(this.#graph, present(parentKeyOf(key)));
    const isCompleted = this.states.get(key) === "completed";
    return mode === "all" && isCompleted && !this.#stoppedIn(key);
  }

  #stoppedIn(key: string): boolean {
    return this.stoppedBy !== null && isInside(this.stoppedBy, key);
  }

  #endOfIteration(key: string): "completed" | "failed" | null {
    const state = this.states.get(key);
    if (this.#stoppedIn(key)) return null;
    if (state === "completed") return state;
    const { onIterationError } = loopAt(this.#graph, key);
    return state === "failed" && onIterationError === "continue" ? state : null;
  }

  #copy(source: SimulatedRun, root: string): void {
    for (const [key, state] of source.states)
      if (key === root || isInside(key, root)) this.states.set(key, state);
  }

  #reopen(
    key: string,
    source: SimulatedRun,
    ended: { completed: number; failed: number } | undefined,
  ): void {
    this.#begin(key);
    if (ended === undefined) return;
    const { total } = present(source.counts.get(key));
    this.counts.set(key, { total, ...ended, running: 1 });
  }

  #startAnew(key: string): void {
    const parent = present(parentKeyOf(key));
    if (!this.#isOpen(parent)) return;
    if (isIterationKey(key))
      this.#startIterations(
        parent,
        iterationIndex(key),
        iterationIndex(key) + 1,
      );
    else
      this.#start(
        childKey(key, present(branchAt(this.#graph, key).steps[0]).name),
      );
  }

  #end(key: string): void {
    if (!this.#isOpen(key)) return;
    const outcome = leafOutcome(nodeAt(this.#graph, key), key, this.#fates);
    if (outcome === "failed") this.#fail(key);
    else if (outcome === "stopped") this.#stop(key);
    else this.#complete(key);
  }

  #stop(key: string): void {
    this.#close(key, "completed");
    for (const around of completedByStop(this.#graph, key))
      this.#close(around, "completed");
    this.stoppedBy = key;
    this.#endRun("completed");
  }

  #endRun(state: State): void {
    this.run = state;
    this.#cancel(() => true);
  }

  #start(key: string): void {
    if (this.run !== "running" || !this.#isOpen(parentKeyOf(key))) return;
    this.#begin(key);
    const node = nodeAt(this.#graph, key);
    switch (node.kind) {
      case "switch":
      case "condition":
      case "loop":
        if (this.#fates.fails(key)) return this.#fail(key);
        if (node.kind === "switch") return this.#switch(key, node);
        return node.kind === "loop" ? this.#iterate(key) : this.#enter(key);
      case "parallel":
        return this.#enterBranches(
          key,
          node.branches.map(({ name }) => name),
        );
      default:
        this.#open.push(key);
    }
  }

  #begin(key: string): void {
    if (this.states.has(key)) throw new Error(`${key} starts twice`);
    this.states.set(key, "running");
  }

  #isOpen(container: string | null): boolean {
    return container === null || this.states.get(container) === "running";
  }

  #enter(key: string): void {
    const node = nodeAt(this.#graph, key);
    const block =
      node.kind === "condition" ? node[this.#fates.branch(key)] : null;
    const first = block?.[0];
    if (first === undefined) this.#complete(key);
    else this.#start(childKey(key, first.name));
  }

  #switch(key: string, node: SwitchStep): void {
    const number = this.#fates.takes(key, node.cases.length);
    const taken = node.cases[number] ?? node.default;
    if (taken === null) this.#complete(key);
    else this.#enterBranches(key, [taken.name]);
  }

  #enterBranches(key: string, names: string[]): void {
    const branches = names.map((name) => childKey(key, name));
    for (const branch of branches) this.#begin(branch);
    for (const branch of branches) {
      const { steps } = branchAt(this.#graph, branch);
      this.#start(childKey(branch, present(steps[0]).name));
    }
  }

  #afterBranch(key: string): void {
    if (!this.#isOpen(key)) return;
    const node = nodeAt(this.#graph, key);
    if (node.kind !== "parallel") return this.#complete(key);
    const states = node.branches.map(({ name }) =>
      present(this.states.get(childKey(key, name))),
    );
    const next = nextOfParallel(node.mode, states);
    if (next === "won") this.#cancel((other) => isInside(other, key));
    if (next === "won" || next === "done") this.#complete(key);
    if (next === "lost") this.#fail(key);
  }

  #iterate(key: string): void {
    const isCounted = loopAt(this.#graph, key).mode !== "while";
    const total = isCounted ? this.#fates.iterations(key) : null;
    this.counts.set(key, { total, completed: 0, failed: 0, running: 0 });
    this.#more(key);
  }

  #more(key: string): void {
    if (this.run !== "running" || !this.#isOpen(key)) return;
    const loop = loopAt(this.#graph, key);
    const next = nextOfLoop(loop, present(this.counts.get(key)));
    if (next.kind === "done") this.#complete(key);
    if (next.kind === "startIterations")
      this.#startIterations(key, next.from, next.to);
    if (next.kind !== "askWhile") return;
    if (next.index < this.#fates.iterations(key))
      this.#startIterations(key, next.index, next.index + 1);
    else this.#complete(key);
  }

  #startIterations(key: string, from: number, to: number): void {
    const loop = loopAt(this.#graph, key);
    for (let index = from; index < to; index++) {
      this.#begin(iterationKey(key, index));
      this.#count(key, { running: 1 });
    }
    const { running } = present(this.counts.get(key));
    if (running > loop.concurrency)
      throw new Error(`${key} runs ${running} iterations at once`);
    for (let index = from; index < to; index++)
      this.#start(
        childKey(iterationKey(key, index), present(loop.body[0]).name),
      );
  }

  #count(key: string, change: Partial<Record<keyof LoopCounts, number>>): void {
    const counts = present(this.counts.get(key));
    this.counts.set(key, {
      total: counts.total,
      completed: counts.completed + (change.completed ?? 0),
      failed: counts.failed + (change.failed ?? 0),
      running: counts.running + (change.running ?? 0),
    });
  }

  #complete(key: string): void {
    if (this.#close(key, "completed")) this.#goOnAfter(key);
  }

  #fail(key: string): void {
    this.#close(key, "failed");
    const { failed, route } = routeFailure(this.#graph, key);
    for (const container of failed) this.#close(container, "failed");
    if (route.kind === "failRun") return this.#endRun("failed");
    const at = stoppedAt(route);
    this.#cancel((other) => isInside(other, at));
    if (route.kind === "skipIteration") this.#more(present(parentKeyOf(at)));
    else this.#goOnAfter(at);
  }

  #goOnAfter(key: string): void {
    const next = nextAfter(this.#graph, key);
    if (next.kind === "start") this.#start(next.key);
    else if (next.kind === "endRun") this.run = "completed";
    else if (next.kind === "endCondition" || next.kind === "endBranch")
      this.#complete(next.key);
    else if (next.kind === "afterBranch") this.#afterBranch(next.key);
    else if (this.#close(next.key, "completed"))
      this.#more(present(parentKeyOf(next.key)));
  }

  #close(key: string, state: "completed" | "failed"): boolean {
    if (this.states.get(key) !== "running") return false;
    this.states.set(key, state);
    if (isIterationKey(key))
      this.#count(present(parentKeyOf(key)), { [state]: 1, running: -1 });
    return true;
  }

  #cancel(isMeant: (key: string) => boolean): void {
    for (const [key, state] of this.states)
      if (state === "running" && isMeant(key))
        this.states.set(key, "cancelled");
    const open = this.#open.filter((key) => this.#isOpen(key));
    this.#open.splice(0, this.#open.length, ...open);
  }
}

function stoppedAt(route: Exclude<FailureRoute, { kind: "failRun" }>): string {
  switch (route.kind) {
    case "skipIteration":
      return route.iteration;
    case "loseRace":
      return route.branch;
    case "continueAfter":
      return route.key;
  }
}
