import type { Program as ProgramNode } from "acorn";
import { branchNode, parallelStep, stopStep, switchStep } from "./branchSteps";
import { conditionStep, loopStep } from "./containerSteps";
import type { RecordedCall } from "./definition";
import type { Diagnostic } from "./diagnostics";
import { FLOW_OPTIONS } from "./flowControl";
import {
  type BranchStep,
  type Graph,
  type JsonSchema,
  ON_FAILURE,
  type RetryPolicy,
  type SourceRange,
  type StepCommon,
  type StepNode,
} from "./graph";
import { codeStep, delayStep, failStep, httpStep } from "./plainSteps";
import { runStep } from "./runStep";
import type { StepCall } from "./stepCall";
import { DEFAULT_RETRY, type StepOptions } from "./stepOptions";
import { approvalStep, waitForEventStep } from "./waitSteps";
import { WrittenCalls } from "./writtenCalls";

const MAX_DEPTH = 8;
const MAX_STEPS = 1_000;
const NAME = /^[\p{L}_][\p{L}\p{N}_ .-]{0,63}$/u;
const EFFECTS = new Set(["http", "action", "run"]);
const CONTAINERS = new Set(["condition", "switch", "parallel", "loop"]);

/** Options that do something for a kind of step, besides its own. */
function commonOptions(kind: string): string[] {
  if (EFFECTS.has(kind)) return ["retry", "timeout", "onError"];
  return CONTAINERS.has(kind) ? ["timeout", "onError"] : ["onError"];
}

export type BuiltGraph = {
  /** The call of `workflow`. */
  head: RecordedCall;
  graph: Graph;
  inputSchema: JsonSchema;
  diagnostics: Diagnostic[];
};

/** Turns the recorded calls into the graph, and reports everything that is wrong with them. */
export function buildGraph(
  calls: RecordedCall[],
  tree: ProgramNode,
): BuiltGraph {
  return new GraphBuilder(tree).build(calls);
}

type Place = { parent: string; depth: number; visible: Map<string, string> };

class GraphBuilder {
  readonly #written: WrittenCalls;
  #retry: RetryPolicy = DEFAULT_RETRY;
  #count = 0;

  constructor(tree: ProgramNode) {
    this.#written = new WrittenCalls(tree);
  }

  build(calls: RecordedCall[]): BuiltGraph {
    const [head, ...rest] = calls;
    if (head?.kind !== "workflow") throw new Error("The chain has no head");
    const options = this.#written.options(head);
    options.refuseUnknown([
      "input",
      "retry",
      "timeout",
      ON_FAILURE,
      ...FLOW_OPTIONS,
    ]);
    this.#retry = options.retry(DEFAULT_RETRY);
    const timeoutMs = options.timeout();
    const inputSchema = options.schema("input") ?? true;
    const visible = new Map<string, string>();
    const steps = this.#block(rest, { parent: "", depth: 1, visible });
    if (steps.length === 0)
      this.#written.report(
        head,
        "The workflow has no steps: add one, such as .code().",
      );
    const output = rest.find((call) => call.kind === "output");
    const outputReads =
      output === undefined ? [] : this.#written.reads(output, visible);
    const onFailure = this.#onFailure(head, { options, steps });
    const graph: Graph = {
      steps,
      hasOutput: output !== undefined,
      outputReads,
      timeoutMs,
      retry: this.#retry,
      ...(onFailure === null ? {} : { onFailure }),
    };
    return { head, graph, inputSchema, diagnostics: this.#written.diagnostics };
  }

  /** Its steps see each other, and none of the run's: nobody knows how far it came. */
  #onFailure(
    head: RecordedCall,
    { options, steps }: { options: StepOptions; steps: readonly StepNode[] },
  ): BranchStep | null {
    const calls = head.blocks[ON_FAILURE];
    if (calls === undefined && !options.has(ON_FAILURE)) return null;
    const same = steps.find(({ name }) => name === ON_FAILURE);
    if (same !== undefined)
      this.#written.reportAt(
        same.range,
        `A step cannot be called "${ON_FAILURE}" beside the workflow's ${ON_FAILURE}: both would be at the same place.`,
      );
    const range = this.#written.optionRange(head, ON_FAILURE);
    const place = { parent: ON_FAILURE, depth: 2, visible: new Map() };
    return branchNode({
      path: ON_FAILURE,
      name: ON_FAILURE,
      range,
      retry: this.#retry,
      steps: this.#inside(range, ON_FAILURE, calls ?? null, place),
    });
  }

  /** Steps see those before them in their block and in the blocks around it. */
  #block(calls: RecordedCall[], place: Place): StepNode[] {
    const names = new Set<string>();
    const steps: StepNode[] = [];
    for (const call of calls) {
      if (call.kind === "block") continue;
      if (call.kind === "output") {
        this.#checkOutput(call, calls, place);
        continue;
      }
      const name = this.#name(call, names);
      const node = this.#step(call, name, place);
      if (node === null) continue;
      this.#warnIfUnreachable(call, steps);
      steps.push(node);
      place.visible.set(name, node.path);
    }
    return steps;
  }

  /** Once for each block: the first step behind the one that ends the run. */
  #warnIfUnreachable(call: RecordedCall, before: readonly StepNode[]): void {
    const end = before.findIndex(endsRun);
    if (end === -1 || end !== before.length - 1) return;
    this.#written.warn(
      call,
      `This step is never reached: "${before[end]?.name}" before it ends the run.`,
    );
  }

  #checkOutput(call: RecordedCall, calls: RecordedCall[], place: Place): void {
    if (place.depth > 1)
      this.#written.report(
        call,
        "Only the workflow has an output, not a block in it.",
      );
    else if (calls.at(-1) !== call)
      this.#written.report(
        call,
        "output must be the last call of the workflow.",
      );
    this.#written.options(call).requireFunction("output", "The output");
  }

  #name(call: RecordedCall, names: Set<string>): string {
    const { name } = call;
    if (typeof name !== "string" || !NAME.test(name) || name.trim() !== name) {
      this.#written.report(
        call,
        `${typeof name === "string" ? `"${name.slice(0, 80)}"` : "This"} is not a step name: use a word or a short phrase of letters, digits, spaces, "_", "-" and ".", up to 64 characters.`,
      );
      return typeof name === "string" ? name : "?";
    }
    if (names.has(name))
      this.#written.report(
        call,
        `There is already a step called "${name}" here.`,
      );
    names.add(name);
    return name;
  }

  #step(call: RecordedCall, name: string, place: Place): StepNode | null {
    this.#count += 1;
    if (this.#count === MAX_STEPS + 1)
      this.#written.report(call, `A workflow has at most ${MAX_STEPS} steps.`);
    if (place.depth === MAX_DEPTH + 1)
      this.#written.report(call, `Steps are nested at most ${MAX_DEPTH} deep.`);
    const options = this.#written.options(call);
    const mentions = this.#written.mentions(call);
    const path = place.parent === "" ? name : `${place.parent}/${name}`;
    const common = {
      path,
      name,
      label: name,
      range: this.#written.range(call),
      reads: this.#written.reads(call, place.visible),
      readsInput: mentions.input,
      ...(mentions.parts === null ? {} : { readsParts: mentions.parts }),
      retry: options.retry(this.#defaultRetry(call.kind)),
      timeoutMs: options.timeout(),
      onError: this.#onError(call, options),
    };
    return this.#finish(this.#stepCall({ call, options, place, common }));
  }

  /** A pure step gives the same error every time, so it is retried only when it says so. */
  #defaultRetry(kind: string): RetryPolicy {
    return kind === "http" || kind === "action"
      ? this.#retry
      : { ...this.#retry, maxAttempts: 1 };
  }

  /** A loop's `onError` is about its iterations. */
  #onError(call: RecordedCall, options: StepOptions): "fail" | "continue" {
    return call.kind === "loop"
      ? "fail"
      : options.choice("onError", ["fail", "continue"], "fail");
  }

  #finish(step: StepCall): StepNode | null {
    const { call } = step;
    switch (call.kind) {
      case "code":
      case "action":
        return codeStep(step, call.kind);
      case "http":
        return httpStep(step);
      case "condition":
        return conditionStep(step);
      case "loop":
        return loopStep(step);
      case "delay":
        return delayStep(step);
      case "waitForEvent":
        return waitForEventStep(step);
      case "approval":
        return approvalStep(step);
      case "run":
        return runStep(step);
      case "fail":
        return failStep(step);
      case "switch":
        return switchStep(step);
      case "parallel":
        return parallelStep(step);
      case "stop":
        return stopStep(step);
      default:
        this.#written.report(call, `There is no step ${call.kind}.`);
        return null;
    }
  }

  #stepCall({ call, options, place, common }: Started): StepCall {
    return {
      call,
      options,
      common,
      commonOptions: commonOptions(call.kind),
      source: this.#written.find(call)?.call ?? null,
      report: (message, range) =>
        this.#written.reportAt(range ?? this.#written.range(call), message),
      steps: ({ calls, path, label }) =>
        this.#inside(this.#written.range(call), label, calls, {
          parent: path,
          depth: place.depth + 1,
          visible: new Map(place.visible),
        }),
    };
  }

  #inside(
    at: SourceRange | null,
    key: string,
    calls: RecordedCall[] | null,
    place: Place,
  ): StepNode[] {
    if (calls === null) {
      this.#written.reportAt(
        at,
        `${key} must be a function that returns the flow it is given, with steps: ${key}: (flow) => flow.code(…).`,
      );
      return [];
    }
    const steps = place.depth > MAX_DEPTH + 1 ? [] : this.#block(calls, place);
    if (calls.length < 2)
      this.#written.reportAt(at, `The ${key} block has no steps.`);
    return steps;
  }
}

function endsRun(node: StepNode): boolean {
  return (
    node.kind === "stop" || (node.kind === "fail" && node.onError === "fail")
  );
}

type Started = {
  call: RecordedCall;
  options: StepOptions;
  place: Place;
  common: StepCommon;
};
