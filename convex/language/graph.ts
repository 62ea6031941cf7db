/**
 * The compiled form of a workflow: what runs after what, as plain JSON. Values and functions are not
 * in it: a function is named by a `FunctionRef` and lives in the `Program`.
 */

/** JavaScript after type stripping; every position in it is a position in the user's source. */
export type Program = string;

/** 1-based lines and columns in the user's source; the end column is exclusive. */
export type SourceRange = {
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
};

export type RetryPolicy = {
  /** All tries, the first included. 1 means no retry. */
  maxAttempts: number;
  backoff: "exponential" | "fixed";
  initialDelayMs: number;
  maxDelayMs: number;
  /** No attempt starts later than this after the first one started; null means no such limit. */
  maxElapsedMs: number | null;
};

export type StepKind =
  | "code"
  | "http"
  | "action"
  | "condition"
  | "switch"
  | "parallel"
  | "branch"
  | "loop"
  | "delay"
  | "waitForEvent"
  | "approval"
  | "run"
  | "fail"
  | "stop";

/** A JSON Schema (draft 2020-12) as zod writes it. */
export type JsonSchema = { [keyword: string]: unknown } | boolean;

export type StepCommon = {
  /** Definition path, such as `notify/mail`: the step's identity across versions. */
  path: string;
  name: string;
  label: string;
  /** Where the call that defines the step stands, or null when it is not known. */
  range: SourceRange | null;
  /** Definition paths of the earlier steps its functions read; null means not known: show them all. */
  reads: string[] | null;
  readsInput: boolean;
  /** The other parts of their context, such as `item`, that its functions read; absent means not known. */
  readsParts?: string[];
  retry: RetryPolicy;
  /** All attempts together; null means the executor's default. */
  timeoutMs: number | null;
  onError: "fail" | "continue";
};

/** Synchronous function `run`; its value is the output. */
export type CodeStep = StepCommon & { kind: "code" };

/** Function `request` makes the request; the output is `{ status, headers, body }`. */
export type HttpStep = StepCommon & {
  kind: "http";
  /** Checked against the response body. */
  responseSchema: JsonSchema | null;
  /** Statuses to retry; null means the executor's rule. */
  retryOn: number[] | null;
};

/** Asynchronous function `run`, evaluated by `runAction` in a worker. */
export type ActionStep = StepCommon & { kind: "action" };

/** Function `if` chooses; the output is `{ branch: "then" | "else", result }`. */
export type ConditionStep = StepCommon & {
  kind: "condition";
  then: StepNode[];
  else: StepNode[] | null;
};

/**
 * Function `on` names the case, by its value as text. The output is `{ branch, result }`; `branch` is "default" when
 * there is no such case, and `result` is null when there is no default either.
 */
export type SwitchStep = StepCommon & {
  kind: "switch";
  cases: BranchStep[];
  default: BranchStep | null;
};

/**
 * All branches at once. `all`: the output is `{ name: result }`; a branch that fails ends the step. `race`: the first
 * to complete wins and the others are cancelled; one that fails is out of the race. The output is `{ branch, result }`.
 */
export type ParallelStep = StepCommon & {
  kind: "parallel";
  mode: "all" | "race";
  branches: BranchStep[];
};

/** A case of a `switch` or a branch of a `parallel`: `route/gold`. Its output is that of its last step. */
export type BranchStep = StepCommon & { kind: "branch"; steps: StepNode[] };

/**
 * `each`: function `each` gives the items (or a number, to count). `times`: function `times` or the
 * number in `times`. `while`: function `while` is asked before every iteration.
 * The output is the list of iteration results in order.
 */
export type LoopStep = StepCommon & {
  kind: "loop";
  mode: "each" | "times" | "while";
  /** The fixed number of a `times` loop; null when the function `times` computes it. */
  times: number | null;
  concurrency: number;
  maxIterations: number;
  onIterationError: "stop" | "continue";
  /** True when function `key` names the iterations. */
  hasKey: boolean;
  body: StepNode[];
};

/** Waits `durationMs`, or until what function `until` gives (milliseconds since 1970, or a date as ISO text). */
export type DelayStep = StepCommon & {
  kind: "delay";
  durationMs: number | null;
};

/**
 * Waits for an event whose data has what function `match` gives, also one that came earlier in the run. The output is
 * `{ id, name, at, data }`, or null after `timeoutMs` when the flow goes on without one.
 */
export type WaitForEventStep = StepCommon & {
  kind: "waitForEvent";
  event: string;
  hasMatch: boolean;
  /** The event's data is checked against it. */
  dataSchema: JsonSchema | null;
  /** "steps": those in `late`; then the output is `{ timedOut: true, result }`. */
  onTimeout: "fail" | "continue" | "steps";
  late?: StepNode[];
};

/**
 * Asks people. The output is `{ approved, timedOut, values, votes }`; `timeoutMs` null waits for ever.
 */
export type ApprovalStep = StepCommon & {
  kind: "approval";
  /** null: function `title` makes it. */
  title: string | null;
  /** True when function `details` gives what to show with the question. */
  hasDetails: boolean;
  /** What is filled in to approve. */
  formSchema: JsonSchema | null;
  /** Roles and e-mail addresses (in lower case); null: everybody who may decide in the organization. */
  approvers: string[] | null;
  /** So many have to approve; one rejection rejects. */
  quorum: number;
  /** "steps": those in `late`; the output then has the `result` of the last. */
  onTimeout: "fail" | "reject" | "approve" | "steps";
  late?: StepNode[];
};

/**
 * Runs another workflow of the organization, in the version that is published when it starts. With `wait` the output is
 * that run's output; without, `{ runId, number }` as soon as it has started.
 */
export type RunStep = StepCommon & {
  kind: "run";
  /** Its slug. */
  workflow: string;
  wait: boolean;
  /** True when function `input` gives the input; else it is `input`. */
  hasInput: boolean;
  input: unknown;
};

/** Ends the run as failed with `message`, or with what function `message` gives. */
export type FailStep = StepCommon & { kind: "fail"; message: string | null };

/** Ends the run as completed; function `output` gives its output, null without one. */
export type StopStep = StepCommon & { kind: "stop"; hasOutput: boolean };

export type StepNode =
  | CodeStep
  | HttpStep
  | ActionStep
  | ConditionStep
  | SwitchStep
  | ParallelStep
  | BranchStep
  | LoopStep
  | DelayStep
  | WaitForEventStep
  | ApprovalStep
  | RunStep
  | FailStep
  | StopStep;

/** What a loop's `maxIterations` may be raised to. */
export const MAX_ITERATIONS = 100_000;

export type FunctionSlot =
  | "run"
  | "request"
  | "if"
  | "on"
  | "each"
  | "times"
  | "key"
  | "while"
  | "until"
  | "match"
  | "input"
  | "title"
  | "details"
  | "message"
  | "output"
  | FlowSlot;

/** Functions of the workflow's own options; their path is `""`. */
export type FlowSlot =
  "concurrency.key" | "rateLimit.key" | "debounce.key" | "idempotencyKey";

/** Names a function of the program. The workflow's own `output` has path `""`; `output` of a path is a `stop`'s. */
export type FunctionRef = { path: string; slot: FunctionSlot };

export type Graph = {
  steps: StepNode[];
  hasOutput: boolean;
  /** As `StepNode.reads`, for the workflow's `output` function. */
  outputReads: string[] | null;
  /** The whole run; null means the executor's default. */
  timeoutMs: number | null;
  /** What steps without their own `retry` use (already written into each of them). */
  retry: RetryPolicy;
  /** What runs when the run has failed: the branch `onFailure`, beside the steps. */
  onFailure?: BranchStep;
  /** Only when the workflow says something about when its runs start. */
  flow?: FlowControl;
};

/** When runs start. `hasKey`: function `key` names what the limit is for; without one it is for the workflow. */
export type FlowControl = {
  /** So many runs at once. */
  concurrency: {
    limit: number;
    hasKey: boolean;
    strategy: "queue" | "drop" | "cancel-oldest";
  } | null;
  /** So many starts in any `periodMs`. */
  rateLimit: {
    limit: number;
    periodMs: number;
    hasKey: boolean;
    strategy: "queue" | "drop";
  } | null;
  /** One run for triggers that come within `periodMs` of each other, with the input of the last. */
  debounce: {
    periodMs: number;
    /** The first trigger waits no longer than this; null: as long as others come. */
    maxWaitMs: number | null;
    hasKey: boolean;
  } | null;
  /** A start whose key another had within the window gives that one's run. */
  idempotency: { hasKey: boolean; windowMs: number } | null;
  /** Higher ones start first, and their requests are sent first. */
  priority: number;
};

/** The blocks of a step, in order: the lists of steps inside it. */
export function childBlocks(node: StepNode): StepNode[][] {
  switch (node.kind) {
    case "condition":
      return node.else === null ? [node.then] : [node.then, node.else];
    case "switch":
      return [
        node.default === null ? node.cases : [...node.cases, node.default],
      ];
    case "parallel":
      return [node.branches];
    case "branch":
      return [node.steps];
    case "loop":
      return [node.body];
    case "waitForEvent":
    case "approval":
      return node.late === undefined ? [] : [node.late];
    case "code":
    case "http":
    case "action":
    case "delay":
    case "run":
    case "fail":
    case "stop":
      return [];
  }
}

/** Every step in source order, a parent before the steps inside it. */
export function* walk(steps: readonly StepNode[]): Generator<StepNode> {
  for (const node of steps) {
    yield node;
    for (const block of childBlocks(node)) yield* walk(block);
  }
}

/** The path of the steps that run when a run has failed. */
export const ON_FAILURE = "onFailure";

/** Whether the step at a path or a key is for a failure. */
export function isForFailure({ onFailure }: Graph, key: string): boolean {
  if (onFailure === undefined) return false;
  return key === ON_FAILURE || key.startsWith(`${ON_FAILURE}/`);
}

/** The steps of a run, and those for its failure. */
export function topSteps({ steps, onFailure }: Graph): StepNode[] {
  return onFailure === undefined ? steps : [...steps, onFailure];
}

/** `notify[12]/mail` is an execution of `notify/mail`. */
export function definitionPath(key: string): string {
  return key.includes("[") ? key.replace(/\[\d+\]/g, "") : key;
}

/** The step a definition path or a step execution's key belongs to. */
export function findNode(graph: Graph, key: string): StepNode | null {
  return blockOf(graph, key)?.node ?? null;
}

/**
 * The list of steps the step stands in, where it stands, and the step around it. A condition's
 * branches share the condition's path: `large/manager`, whichever branch `manager` is in.
 */
export function blockOf(graph: Graph, key: string): BlockPosition | null {
  const known = positions.get(graph) ?? positionsIn(graph);
  return known.get(definitionPath(key)) ?? null;
}

/** Graphs are complete when they are made, and do not change. */
const positions = new WeakMap<Graph, Map<string, BlockPosition>>();

export type BlockPosition = {
  block: StepNode[];
  index: number;
  node: StepNode;
  parent: StepNode | null;
};

function positionsIn(graph: Graph): Map<string, BlockPosition> {
  const found = new Map<string, BlockPosition>();
  const add = (block: StepNode[], parent: StepNode | null) => {
    for (const [index, node] of block.entries()) {
      if (!found.has(node.path))
        found.set(node.path, { block, index, node, parent });
      for (const child of childBlocks(node)) add(child, node);
    }
  };
  add(graph.steps, null);
  if (graph.onFailure !== undefined) add([graph.onFailure], null);
  positions.set(graph, found);
  return found;
}
