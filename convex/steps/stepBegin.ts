/** How a kind of step begins. Kinds decide; the executor applies. They know nothing of tables. */
import type {
  EvaluateResult,
  EvaluationScope,
  Json,
  StepError,
} from "../language/evaluation";
import type { FunctionSlot, StepNode } from "../language/graph";

export type StepContext<Node extends StepNode> = {
  key: string;
  node: Node;
  now: number;
  /** Calls a function of the step in the sandbox. */
  evaluate(
    slot: FunctionSlot,
    extra?: Partial<EvaluationScope>,
  ): Promise<EvaluateResult>;
  scope(): Promise<EvaluationScope>;
};

export type Begun =
  | { kind: "completed"; output: Json }
  | { kind: "failed"; error: StepError }
  /** An effect for a worker; `request` is all it needs. */
  | {
      kind: "effect";
      effect: "http" | "action";
      request: Json;
      timeoutMs: number;
    }
  | { kind: "sleep"; until: number }
  | {
      kind: "awaitApproval";
      request: { title: string; details: Json; until: number | null };
    }
  /** `match` null: any data; `until` null: for ever. */
  | {
      kind: "awaitEvent";
      wait: { event: string; match: Json; until: number | null };
    }
  /** Another workflow's run, which this step starts. */
  | { kind: "startRun"; input: Json }
  | { kind: "branch"; branch: "then" | "else" }
  /** Named branches at once; `branch` is the one taken when it is a choice. */
  | { kind: "enter"; branches: string[]; branch: string | null }
  /** The run ends as completed, with this output. */
  | { kind: "stop"; output: Json }
  /** `items` is null when iterations are only counted; `total` is null when nobody knows yet (`while`). */
  | { kind: "iterate"; total: number | null; items: Json[] | null };

export function failure(code: string, message: string): StepError {
  return { name: "StepError", message, code, retryable: false, frames: [] };
}

export function failed(code: string, message: string): Begun {
  return { kind: "failed", error: failure(code, message) };
}
