import {
  type BranchCall,
  parallelStep,
  stopStep,
  switchStep,
} from "./branchSteps";
import type { RecordedCall } from "./definition";
import {
  type Diagnostic,
  errorAt,
  pointRange,
  START,
  warningAt,
} from "./diagnostics";
import type {
  Graph,
  JsonSchema,
  RetryPolicy,
  SourceRange,
  StepCommon,
  StepNode,
} from "./graph";
import {
  type Mentions,
  mentionsOf,
  mentionsOfAll,
  NOTHING,
  UNKNOWN,
} from "./reads";
import { callAt, type MethodCall } from "./sourceTree";
import { DEFAULT_RETRY, StepOptions } from "./stepOptions";
import { approvalStep, waitForEventStep } from "./waitSteps";

const MAX_DEPTH = 8;
const MAX_STEPS = 1_000;
const NAME = /^[\p{L}_][\p{L}\p{N}_ .-]{0,63}$/u;
const COMMON = ["retry", "timeout", "onError"];

export type BuiltGraph = {
  graph: Graph;
  inputSchema: JsonSchema;
  diagnostics: Diagnostic[];
};

/** Turns the recorded calls into the graph, and reports everything that is wrong with them. */
export function buildGraph(
  calls: RecordedCall[],
  source: readonly MethodCall[],
): BuiltGraph {
  return new GraphBuilder(source).build(calls);
}

type Place = { parent: string; depth: number; visible: Map<string, string> };

class GraphBuilder {
  readonly #source: readonly MethodCall[];
  readonly #diagnostics: Diagnostic[] = [];
  #retry: RetryPolicy = DEFAULT_RETRY;
  #count = 0;

  constructor(source: readonly MethodCall[]) {
    this.#source = source;
  }

  build(calls: RecordedCall[]): BuiltGraph {
    const [head, ...rest] = calls;
    if (head?.kind !== "workflow") throw new Error("The chain has no head");
    const options = this.#options(head);
    options.refuseUnknown(["input", "retry", "timeout"]);
    this.#retry = options.retry(DEFAULT_RETRY);
    const timeoutMs = options.duration("timeout");
    const inputSchema = options.schema("input") ?? true;
    const visible = new Map<string, string>();
    const steps = this.#block(rest, { parent: "", depth: 1, visible });
    if (steps.length === 0)
      this.#report(
        head,
        "The workflow has no steps: add one, such as .code().",
      );
    const output = rest.find((call) => call.kind === "output");
    const outputReads =
      output === undefined ? [] : resolveReads(this.#mentions(output), visible);
    const graph: Graph = {
      steps,
      hasOutput: output !== undefined,
      outputReads,
      timeoutMs,
      retry: this.#retry,
    };
    return { graph, inputSchema, diagnostics: this.#diagnostics };
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
    this.#diagnostics.push(
      warningAt(
        this.#range(call) ?? START,
        `This step is never reached: "${before[end]?.name}" before it ends the run.`,
      ),
    );
  }

  #checkOutput(call: RecordedCall, calls: RecordedCall[], place: Place): void {
    if (place.depth > 1)
      this.#report(call, "Only the workflow has an output, not a block in it.");
    else if (calls.at(-1) !== call)
      this.#report(call, "output must be the last call of the workflow.");
    this.#options(call).requireFunction("output", "The output");
  }

  #name(call: RecordedCall, names: Set<string>): string {
    const { name } = call;
    if (typeof name !== "string" || !NAME.test(name) || name.trim() !== name) {
      this.#report(
        call,
        `${typeof name === "string" ? `"${name.slice(0, 80)}"` : "This"} is not a step name: use a word or a short phrase of letters, digits, spaces, "_", "-" and ".", up to 64 characters.`,
      );
      return typeof name === "string" ? name : "?";
    }
    if (names.has(name))
      this.#report(call, `There is already a step called "${name}" here.`);
    names.add(name);
    return name;
  }

  #step(call: RecordedCall, name: string, place: Place): StepNode | null {
    this.#count += 1;
    if (this.#count === MAX_STEPS + 1)
      this.#report(call, `A workflow has at most ${MAX_STEPS} steps.`);
    if (place.depth === MAX_DEPTH + 1)
      this.#report(call, `Steps are nested at most ${MAX_DEPTH} deep.`);
    const options = this.#options(call);
    const mentions = this.#mentions(call);
    const path = place.parent === "" ? name : `${place.parent}/${name}`;
    const common = {
      path,
      name,
      label: name,
      range: this.#range(call),
      reads: resolveReads(mentions, place.visible),
      readsInput: mentions.input,
      retry: options.retry(this.#defaultRetry(call.kind)),
      timeoutMs: options.duration("timeout"),
      onError: this.#onError(call, options),
    };
    return this.#finish({ call, options, place, common });
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

  #finish({ call, options, place, common }: Started): StepNode | null {
    const inner = { parent: common.path, depth: place.depth + 1 };
    const block = (key: string) =>
      this.#inner(call, key, { ...inner, visible: new Map(place.visible) });
    switch (call.kind) {
      case "code":
      case "action":
        options.refuseUnknown(["run", ...COMMON]);
        options.requireFunction("run", `What ${call.kind} does`);
        return { ...common, kind: call.kind };
      case "http":
        options.refuseUnknown(["request", "response", "retryOn", ...COMMON]);
        options.requireFunction("request", "request");
        return {
          ...common,
          kind: "http",
          responseSchema: options.schema("response"),
          retryOn: options.statuses("retryOn"),
        };
      case "condition":
        return this.#condition(call, options, common, block);
      case "loop":
        return this.#loop(call, options, common, block);
      case "delay":
        return this.#delay(call, options, common);
      case "waitForEvent":
        return waitForEventStep(options, common);
      case "approval":
        return approvalStep(options, common);
      case "fail":
        return this.#fail(call, options, common);
      case "switch":
        return switchStep(this.#branchCall({ call, options, place, common }));
      case "parallel":
        return parallelStep(this.#branchCall({ call, options, place, common }));
      case "stop":
        return stopStep(this.#branchCall({ call, options, place, common }));
      default:
        this.#report(call, `There is no step ${call.kind}.`);
        return null;
    }
  }

  #condition(
    call: RecordedCall,
    options: StepOptions,
    common: StepCommon,
    block: (key: string) => StepNode[],
  ): StepNode {
    options.refuseUnknown(["if", "then", "else", ...COMMON]);
    options.requireFunction("if", "if");
    const then = block("then");
    const hasElse = call.blocks["else"] !== undefined || options.has("else");
    const otherwise = hasElse ? block("else") : null;
    const names = new Set(then.map((node) => node.name));
    const twice = otherwise?.find((node) => names.has(node.name));
    if (twice !== undefined)
      this.#diagnostics.push(
        errorAt(
          twice.range,
          `Both branches have a step called "${twice.name}"; steps of one condition need different names.`,
        ),
      );
    return { ...common, kind: "condition", then, else: otherwise };
  }

  #loop(
    call: RecordedCall,
    options: StepOptions,
    common: StepCommon,
    block: (key: string) => StepNode[],
  ): StepNode {
    options.refuseUnknown([...LOOP_KEYS, ...COMMON]);
    const modes = LOOP_MODES.filter((mode) => options.has(mode));
    if (modes.length !== 1)
      this.#report(call, "A loop has one of each, times and while.");
    const mode = modes[0] ?? "each";
    const times = this.#times(options, mode);
    if (options.has("key")) options.requireFunction("key", "key");
    const concurrency = options.integer("concurrency", { min: 1, max: 1_000 });
    if (mode === "while" && concurrency !== null && concurrency > 1)
      this.#report(call, "A while loop runs its iterations one by one.");
    return {
      ...common,
      kind: "loop",
      mode,
      times,
      concurrency: concurrency ?? 1,
      maxIterations:
        options.integer("maxIterations", { min: 1, max: 100_000 }) ?? 10_000,
      onIterationError: options.choice("onError", ["stop", "continue"], "stop"),
      hasKey: options.has("key"),
      body: block("do"),
    };
  }

  #times(options: StepOptions, mode: string): number | null {
    if (mode === "times" && !options.isFunction("times"))
      return options.integer("times", { min: 0, max: 100_000 });
    if (options.has(mode)) options.requireFunction(mode, mode);
    return null;
  }

  #delay(
    call: RecordedCall,
    options: StepOptions,
    common: StepCommon,
  ): StepNode {
    options.refuseUnknown(["duration", "until", ...COMMON]);
    if (options.has("duration") === options.has("until"))
      this.#report(call, "A delay has a duration or until.");
    if (options.has("until")) options.requireFunction("until", "until");
    const durationMs = options.duration("duration");
    return { ...common, kind: "delay", durationMs };
  }

  #fail(
    call: RecordedCall,
    options: StepOptions,
    common: StepCommon,
  ): StepNode {
    options.refuseUnknown(["message", ...COMMON]);
    const message = options.data("message");
    const computed = options.isFunction("message");
    if (!computed && typeof message !== "string")
      this.#report(call, "The message of fail must be a text or a function.");
    return {
      ...common,
      kind: "fail",
      message: typeof message === "string" ? message : null,
    };
  }

  #branchCall({ call, options, place, common }: Started): BranchCall {
    return {
      call,
      options,
      common,
      commonOptions: COMMON,
      source: this.#find(call)?.call ?? null,
      report: (message, range) =>
        this.#diagnostics.push(errorAt(range ?? this.#range(call), message)),
      steps: ({ calls, path, label }) =>
        this.#inside(call, label, calls, {
          parent: path,
          depth: place.depth + 1,
          visible: new Map(place.visible),
        }),
    };
  }

  #inner(call: RecordedCall, key: string, place: Place): StepNode[] {
    return this.#inside(call, key, call.blocks[key] ?? null, place);
  }

  #inside(
    call: RecordedCall,
    key: string,
    calls: RecordedCall[] | null,
    place: Place,
  ): StepNode[] {
    if (calls === null) {
      this.#report(
        call,
        `${key} must be a function that returns the flow it is given, with steps: ${key}: (flow) => flow.code(…).`,
      );
      return [];
    }
    const steps = place.depth > MAX_DEPTH + 1 ? [] : this.#block(calls, place);
    if (calls.length < 2) this.#report(call, `The ${key} block has no steps.`);
    return steps;
  }

  #options(call: RecordedCall): StepOptions {
    return new StepOptions(call.options, (message) =>
      this.#report(call, message),
    );
  }

  #report(call: RecordedCall, message: string): void {
    this.#diagnostics.push(errorAt(this.#range(call), message));
  }

  #find(call: RecordedCall): MethodCall | null {
    return call.at === null
      ? null
      : callAt(this.#source, call.kind, call.at.line, call.at.column);
  }

  #range(call: RecordedCall): SourceRange | null {
    const found = this.#find(call);
    if (found !== null) return found.range;
    return call.at === null ? null : pointRange(call.at.line, call.at.column);
  }

  #mentions(call: RecordedCall): Mentions {
    // Its arguments are blocks of steps, which have mentions of their own.
    if (call.kind === "parallel") return NOTHING;
    const found = this.#find(call);
    if (found === null) return UNKNOWN;
    return call.kind === "output"
      ? mentionsOfAll(found.call)
      : mentionsOf(found.call);
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

const LOOP_MODES = ["each", "times", "while"] as const;
const LOOP_KEYS = [...LOOP_MODES, "key", "concurrency", "maxIterations", "do"];

/** Names of steps as paths; a name that is not in sight is no step. */
function resolveReads(
  mentions: Mentions,
  visible: ReadonlyMap<string, string>,
): string[] | null {
  if (mentions.steps === null) return null;
  const paths = mentions.steps.flatMap((name) => visible.get(name) ?? []);
  return [...new Set(paths)].toSorted();
}
