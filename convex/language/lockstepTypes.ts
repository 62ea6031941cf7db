import { FLOW_TYPES } from "./flowTypes";
import { SCHEMA_TYPES } from "./schemaTypes";

/** `lockstep.d.ts`: what the editor knows of the language. Valid as a file of its own. */
export const LOCKSTEP_TYPES = String.raw`declare module "lockstep" {
  /** "250ms", "10s", "5m", "2h", "3d", or milliseconds. */
  export type Duration = number | ${'`${number}${"ms" | "s" | "m" | "h" | "d"}`'};

  export interface Retry {
    /** All tries, the first included. */
    maxAttempts?: number;
    /** Exponential (with full jitter) when left out. */
    backoff?: "exponential" | "fixed";
    initialDelay?: Duration;
    maxDelay?: Duration;
    /** No attempt starts later than this after the first one. */
    maxElapsed?: Duration;
  }

  /** Of steps that end at once, or by themselves. */
  export interface PlainOptions {
    /** "continue": the run goes on when the step has failed. */
    onError?: "fail" | "continue";
  }
  /** Of steps that hold others. */
  export interface ContainerOptions extends PlainOptions {
    /** What is inside is cut off after it. */
    timeout?: Duration;
  }
  /** Of steps that are tried again. */
  export interface StepOptions extends PlainOptions {
    retry?: Retry;
    /** All attempts together. */
    timeout?: Duration;
  }

  /** A placeholder, replaced by the value at the last moment before a request is sent. */
  export interface Secret {
    toString(): string;
  }
  /** Names a secret. Use it in a request: as a value, or inside a text. */
  export function secret(name: SecretName): Secret;
  /** Thrown in a step, it ends the step without another attempt. */
  export class NonRetryableError extends Error {}
  /** Narrowed by the app to the secrets that there are. */
  export type SecretName = keyof Secrets extends never ? string : keyof Secrets;
  export interface Secrets {}

  /** Filled in by the app with what runs of this workflow gave: by the path of the step, and their input as "". */
  export interface Observed {}
  export type Seen<Path extends string> = [Extract<keyof Observed, Path>] extends [never] ? any : Observed[Extract<keyof Observed, Path>];

  /** Filled in by the app with the data of the events that there are. */
  export interface Events {}
  export type EventName = keyof Events extends never ? string : keyof Events | (string & {});
  export type EventData<Name, Path extends string = never> = Name extends keyof Events ? Events[Name] : Seen<Path>;
  /** An event as a step sees it. */
  export interface Event<Name, Data> {
    id: string;
    name: Name;
    /** When it was sent, as ISO text. */
    at: string;
    data: Data;
  }
  /** Some fields of a value, at any depth; lists are whole. */
  export type Part<T> = T extends readonly unknown[] ? T : T extends object ? { [K in keyof T]?: Part<T[K]> } : T;

  /** Filled in by the app with the workflows that there are: their input and output. */
  export interface Workflows {}
  export type WorkflowName = keyof Workflows extends never ? string : keyof Workflows | (string & {});
  export type WorkflowInput<Name> = Name extends keyof Workflows ? (Workflows[Name] extends { input: infer Input } ? Input : any) : any;
  export type WorkflowOutput<Name> = Name extends keyof Workflows ? (Workflows[Name] extends { output: infer Out } ? Out : any) : any;
  /** A run that was started and not waited for. */
  export interface StartedRun {
    runId: string;
    number: number;
  }

  export interface HttpRequest {
    url: string;
    method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS";
    headers?: Record<string, string | Secret>;
    query?: Record<string, string | number | boolean | Secret | null | undefined>;
    /** Sent as JSON. */
    json?: unknown;
    /** Sent as it is. */
    body?: string | Secret;
  }
  export interface HttpResponse<Body> {
    status: number;
    /** Names in lower case. */
    headers: Record<string, string>;
    body: Body;
  }

  /** The input of a run that has failed, for the steps of onFailure. */
  export interface Failed<Input> {
    readonly "~failed": Input;
  }
  type InputOf<Input> = Input extends Failed<infer Given> ? Given : Input;
  /** Only in onFailure. */
  export interface FailureContext {
    /** Why the run failed. */
    error: {
      name: string;
      message: string;
      /** "timeout", "http_status", "user_error", … */
      code: string;
      /** The step that failed, such as "notify[12]/mail"; null when it was none of them. */
      step: string | null;
      http?: { method: string; url: string; status: number | null };
      cause?: { name: string; message: string };
    };
    /** The run that failed; workflow is its address, such as "send-invoice". */
    run: { id: string; number: number; workflow: string };
  }
  export type Context<Input, Steps, Item> = StepContext<Input, Steps, Item> &
    (Input extends Failed<unknown> ? FailureContext : unknown);
  export interface StepContext<Input, Steps, Item> {
    input: InputOf<Input>;
    /** Outputs of the steps before this one, by name. */
    steps: Steps;
    /** The item of the innermost loop. */
    item: Item;
    /** The number of the innermost loop's iteration, from 0. */
    index: number;
    /** Every loop around the step, by name. */
    loops: Record<string, { item: unknown; index: number }>;
  }

  export interface FetchOptions {
    method?: string;
    headers?: Record<string, string>;
    body?: string;
    /** Sent as JSON. */
    json?: unknown;
  }
  export interface FetchResponse {
    readonly status: number;
    readonly statusText: string;
    readonly url: string;
    readonly ok: boolean;
    readonly headers: { get(name: string): string | null; has(name: string): boolean; entries(): [string, string][] };
    text(): Promise<string>;
    json(): Promise<any>;
  }
  export interface Log {
    (...values: unknown[]): void;
    debug(...values: unknown[]): void;
    info(...values: unknown[]): void;
    warn(...values: unknown[]): void;
    error(...values: unknown[]): void;
  }
  export type ActionContext<Input, Steps, Item> = Context<Input, Steps, Item> & ActionTools;
  export interface ActionTools {
    fetch(url: string, options?: FetchOptions): Promise<FetchResponse>;
    secrets: { get(name: SecretName): Promise<string> };
    log: Log;
    /** Shows more text on the run's page while the action runs. */
    stream(text: string): void;
  }

  /** A value after it was stored: dates are texts, methods are gone. */
  export type Stored<T> = T extends { toJSON(): infer R } ? R
    : T extends (...args: never[]) => unknown ? never
    : T extends readonly unknown[] ? { [K in keyof T]: Stored<T[K]> }
    : T extends object ? { [K in keyof T]: Stored<T[K]> }
    : T;
  export type Output<T> = [T] extends [void] ? null : Stored<T>;

  ${FLOW_TYPES}
  export interface Workflow<Input, Out> {
    readonly "~input": Input;
    readonly "~output": Out;
  }
  type KeyOf<Input> = (context: { input: Input }) => string;
  /** When runs start. A key makes a limit one for each value of the key. */
  export interface FlowControl<Input> {
    /** So many runs at once. One more waits for its turn ("queue", when left out), is not run ("drop"), or ends the oldest. */
    concurrency?: { limit: number; key?: KeyOf<Input>; strategy?: "queue" | "drop" | "cancel-oldest" };
    /** So many starts in any period. One more waits ("queue", when left out) or is not run ("drop"). */
    rateLimit?: { limit: number; period: Duration; key?: KeyOf<Input>; strategy?: "queue" | "drop" };
    /** Triggers that follow each other within the period start one run, with the input of the last. */
    debounce?: {
      period: Duration;
      key?: KeyOf<Input>;
      /** The first trigger waits no longer than this. */
      maxWait?: Duration;
    };
    /** A second start with the same key gives the first one's run. */
    idempotencyKey?: KeyOf<Input>;
    /** How long a key counts; 24 h when left out. */
    idempotencyWindow?: Duration;
    /** From -100 to 100, 0 when left out: higher ones start first. */
    priority?: number;
  }
  /** Begins a workflow. Export the finished chain as default. */
  export function workflow<Input = Seen<"">>(options?: {
    /** What the workflow takes; checked when a run starts. */
    input?: Schema<Input>;
    /** For every http and action step without its own. */
    retry?: Retry;
    /** For the whole run. */
    timeout?: Duration;
    /** Steps for when a run has failed. They see its input and error; the run stays failed, whatever they do. */
    onFailure?: (flow: Flow<Failed<NoInfer<Input>>, {}, undefined, null, never, "onFailure">) => Ended;
  } & FlowControl<NoInfer<Input>>): Flow<Input, {}, undefined, null, never>;

  ${SCHEMA_TYPES}
}

/** Lines of the step's log. */
declare const console: {
  log(...values: unknown[]): void;
  debug(...values: unknown[]): void;
  info(...values: unknown[]): void;
  warn(...values: unknown[]): void;
  error(...values: unknown[]): void;
};
`;
