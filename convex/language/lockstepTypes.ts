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

  export interface StepOptions {
    retry?: Retry;
    /** All attempts together. */
    timeout?: Duration;
    /** "continue": the run goes on when the step has failed. */
    onError?: "fail" | "continue";
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

  /** Filled in by the app with the data of the events that there are. */
  export interface Events {}
  export type EventName = keyof Events extends never ? string : keyof Events | (string & {});
  export type EventData<Name> = Name extends keyof Events ? Events[Name] : any;
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

  export interface Context<Input, Steps, Item> {
    input: Input;
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
  export interface ActionContext<Input, Steps, Item> extends Context<Input, Steps, Item> {
    fetch(url: string, options?: FetchOptions): Promise<FetchResponse>;
    secrets: { get(name: SecretName): Promise<string> };
    log: Log;
  }

  /** A value after it was stored: dates are texts, methods are gone. */
  export type Stored<T> = T extends { toJSON(): infer R } ? R
    : T extends (...args: never[]) => unknown ? never
    : T extends readonly unknown[] ? { [K in keyof T]: Stored<T[K]> }
    : T extends object ? { [K in keyof T]: Stored<T[K]> }
    : T;
  export type Output<T> = [T] extends [void] ? null : Stored<T>;

  export interface DuplicateStepName<Name> {
    "there is already a step with this name here": Name;
  }
  type NewName<Name, Own> = Name extends Own ? DuplicateStepName<Name> : Name;
  type With<Steps, Name extends string, Out> = Omit<Steps, Name> & { readonly [K in Name]: Out };
  type LastOf<F> = F extends { readonly "~last": infer Last } ? Last : never;
  interface Ended { readonly "~last": unknown }

  export interface Flow<Input, Steps, Item, Last, Own extends string> extends Ended {
    readonly "~last": Last;

    /** A synchronous function. Its value is the step's output. */
    code<const Name extends string, Out>(
      name: NewName<Name, Own>,
      run: (context: Context<Input, Steps, Item>) => Out,
      options?: StepOptions,
    ): Flow<Input, With<Steps, Name, Output<Out>>, Item, Output<Out>, Own | Name>;

    /** Asynchronous code with fetch. It may run again after a failure. */
    action<const Name extends string, Out>(
      name: NewName<Name, Own>,
      run: (context: ActionContext<Input, Steps, Item>) => Promise<Out> | Out,
      options?: StepOptions,
    ): Flow<Input, With<Steps, Name, Output<Awaited<Out>>>, Item, Output<Awaited<Out>>, Own | Name>;

    /** One HTTP call. The output is { status, headers, body }; the body is checked against the response schema. */
    http<const Name extends string, Body = any>(
      name: NewName<Name, Own>,
      options: StepOptions & {
        request: (context: Context<Input, Steps, Item>) => HttpRequest;
        response?: Schema<Body>;
        /** Statuses to try again. */
        retryOn?: number[];
      },
    ): Flow<Input, With<Steps, Name, HttpResponse<Body>>, Item, HttpResponse<Body>, Own | Name>;

    /** Takes one branch. The output says which, and its last step's output. */
    condition<const Name extends string, Then extends Ended, Else extends Ended = { readonly "~last": null }>(
      name: NewName<Name, Own>,
      options: StepOptions & {
        if: (context: Context<Input, Steps, Item>) => unknown;
        then: (flow: Flow<Input, Steps, Item, null, never>) => Then;
        else?: (flow: Flow<Input, Steps, Item, null, never>) => Else;
      },
    ): Flow<Input, With<Steps, Name, Branch<Then, Else>>, Item, Branch<Then, Else>, Own | Name>;

    /** Takes the case that the value of on is called, or the default. The output says which, and its last step's output. */
    switch<
      const Name extends string,
      Cases extends Record<string, (flow: Flow<Input, Steps, Item, null, never>) => Ended>,
      Default extends Ended = { readonly "~last": null },
    >(
      name: NewName<Name, Own>,
      options: StepOptions & {
        on: (context: Context<Input, Steps, Item>) => string | number | boolean | null | undefined;
        cases: Cases;
        default?: (flow: Flow<Input, Steps, Item, null, never>) => Default;
      },
    ): Flow<Input, With<Steps, Name, Taken<Cases> | TakenDefault<Default>>, Item, Taken<Cases> | TakenDefault<Default>, Own | Name>;

    /** Branches side by side; the first to complete wins and the others are cancelled. The output says which won, and its last step's output. */
    parallel<
      const Name extends string,
      Branches extends Record<string, (flow: Flow<Input, Steps, Item, null, never>) => Ended>,
    >(
      name: NewName<Name, Own>,
      branches: Branches,
      options: StepOptions & { mode: "race" },
    ): Flow<Input, With<Steps, Name, Taken<Branches>>, Item, Taken<Branches>, Own | Name>;
    /** Branches side by side. The output is the last step's output of each, by the name of the branch. */
    parallel<
      const Name extends string,
      Branches extends Record<string, (flow: Flow<Input, Steps, Item, null, never>) => Ended>,
    >(
      name: NewName<Name, Own>,
      branches: Branches,
      options?: StepOptions & { mode?: "all" },
    ): Flow<Input, With<Steps, Name, Results<Branches>>, Item, Results<Branches>, Own | Name>;

    /** Once for every item. The output is the list of results in order. */
    loop<const Name extends string, T, Body extends Ended>(
      name: NewName<Name, Own>,
      options: LoopOptions & {
        each: (context: Context<Input, Steps, Item>) => readonly T[];
        /** Names an iteration, so that it keeps its identity. */
        key?: (context: Context<Input, Steps, T>) => string | number;
        do: (flow: Flow<Input, Steps, T, null, never>) => Body;
      },
    ): Flow<Input, With<Steps, Name, LastOf<Body>[]>, Item, LastOf<Body>[], Own | Name>;
    /** So many times; item is the number of the iteration. */
    loop<const Name extends string, Body extends Ended>(
      name: NewName<Name, Own>,
      options: LoopOptions & {
        times: number | ((context: Context<Input, Steps, Item>) => number);
        key?: (context: Context<Input, Steps, number>) => string | number;
        do: (flow: Flow<Input, Steps, number, null, never>) => Body;
      },
    ): Flow<Input, With<Steps, Name, LastOf<Body>[]>, Item, LastOf<Body>[], Own | Name>;
    /** As long as the function says; last is the result of the iteration before. */
    loop<const Name extends string, Body extends Ended>(
      name: NewName<Name, Own>,
      options: LoopOptions & {
        while: (context: Context<Input, Steps, Item> & { last: any }) => unknown;
        do: (flow: Flow<Input, Steps, number, null, never>) => Body;
      },
    ): Flow<Input, With<Steps, Name, LastOf<Body>[]>, Item, LastOf<Body>[], Own | Name>;

    /** Waits; survives restarts. */
    delay<const Name extends string>(
      name: NewName<Name, Own>,
      duration: Duration | { until: (context: Context<Input, Steps, Item>) => number | string | Date },
      options?: StepOptions,
    ): Flow<Input, With<Steps, Name, null>, Item, null, Own | Name>;

    /** Waits for an event, also one that came earlier in the run. Without a timeout it waits for ever. */
    waitForEvent<const Name extends string, const Named extends EventName, Data = EventData<Named>, const Late extends "fail" | "continue" = "fail">(
      name: NewName<Name, Own>,
      options: {
        event: Named;
        /** Only an event whose data has these values. Asked once, when the wait begins. */
        match?: (context: Context<Input, Steps, Item>) => Part<NoInfer<Data>>;
        /** What the data must be; an event of another shape fails the step. */
        data?: Schema<Data>;
        timeout?: Duration;
        /** "continue": after the timeout the run goes on, and the output is null. */
        onTimeout?: Late;
        /** "continue": the run goes on when the step has failed. */
        onError?: "fail" | "continue";
      },
    ): Flow<Input, With<Steps, Name, Received<Named, Data, Late>>, Item, Received<Named, Data, Late>, Own | Name>;

    /** Asks people: the run waits until they decide. */
    approval<const Name extends string, Values = null>(
      name: NewName<Name, Own>,
      options: {
        /** The question. */
        title: string | ((context: Context<Input, Steps, Item>) => string);
        /** Shown with the question. */
        details?: (context: Context<Input, Steps, Item>) => unknown;
        /** What is filled in to approve. */
        form?: Schema<Values>;
        /** Roles and e-mail addresses. Everybody who may decide when left out. */
        approvers?: ("owner" | "admin" | "editor" | "operator" | "approver" | ${"`${string}@${string}`"})[];
        /** So many have to approve; 1 when left out. One rejection rejects. */
        quorum?: number;
        timeout?: Duration;
        /** What the end of the timeout is; "fail" when left out. */
        onTimeout?: "fail" | "reject" | "approve";
        /** "continue": the run goes on when the step has failed. */
        onError?: "fail" | "continue";
      },
    ): Flow<Input, With<Steps, Name, Decision<Values>>, Item, Decision<Values>, Own | Name>;

    /** Ends the run as failed. */
    fail<const Name extends string>(
      name: NewName<Name, Own>,
      message: string | ((context: Context<Input, Steps, Item>) => string),
    ): Flow<Input, With<Steps, Name, never>, Item, never, Own | Name>;

    /** Ends the run as completed. Its output is this value, in place of what output would give. */
    stop<const Name extends string>(
      name: NewName<Name, Own>,
      output?: ((context: Context<Input, Steps, Item>) => unknown) | string | number | boolean | null | object,
      options?: StepOptions,
    ): Flow<Input, With<Steps, Name, never>, Item, never, Own | Name>;

    /** What the run gives. The last call of the chain. */
    output<Out>(output: (context: { input: Input; steps: Steps }) => Out): Workflow<Input, Output<Out>>;
  }
  type Taken<Branches extends Record<string, (...args: never[]) => Ended>> = {
    [Name in keyof Branches & (string | number)]: { branch: ${"`${Name}`"}; result: LastOf<ReturnType<Branches[Name]>> };
  }[keyof Branches & (string | number)];
  type TakenDefault<Default> = { branch: "default"; result: LastOf<Default> };
  type Results<Branches extends Record<string, (...args: never[]) => Ended>> = {
    [Name in keyof Branches]: LastOf<ReturnType<Branches[Name]>>;
  };
  export interface Decision<Values> {
    approved: boolean;
    /** Nobody decided in time. */
    timedOut: boolean;
    /** What the last to approve filled in. */
    values: Values | null;
    votes: { by: string; approved: boolean; note: string; values: Values | null; at: string }[];
  }
  type Received<Name, Data, Late> = Event<Name, Data> | (Late extends "continue" ? null : never);
  type Branch<Then, Else> = { branch: "then"; result: LastOf<Then> } | { branch: "else"; result: LastOf<Else> };

  export interface LoopOptions {
    /** Iterations at once; 1 when left out. */
    concurrency?: number;
    /** 10,000 when left out, at most 100,000. */
    maxIterations?: number;
    /** "continue": the other iterations go on when one fails. */
    onError?: "stop" | "continue";
    retry?: Retry;
    timeout?: Duration;
  }
  export interface Workflow<Input, Out> {
    readonly "~input": Input;
    readonly "~output": Out;
  }
  /** Begins a workflow. Export the finished chain as default. */
  export function workflow<Input = any>(options?: {
    /** What the workflow takes; checked when a run starts. */
    input?: Schema<Input>;
    /** For every http and action step without its own. */
    retry?: Retry;
    /** For the whole run. */
    timeout?: Duration;
  }): Flow<Input, {}, undefined, null, never>;

  export interface Schema<T> {
    readonly "~type": T;
    optional(): OptionalSchema<T>;
    nullable(): Schema<T | null>;
    nullish(): OptionalSchema<T | null>;
    /** Filled in when the property is missing. */
    default(value: T): Schema<T>;
    array(): ArraySchema<T>;
    or<U>(other: Schema<U>): Schema<T | U>;
    describe(text: string): this;
  }
  interface OptionalSchema<T> extends Schema<T | undefined> {
    readonly "~optional": true;
  }
  interface StringSchema extends Schema<string> {
    min(length: number): this;
    max(length: number): this;
    length(length: number): this;
    regex(pattern: RegExp): this;
    startsWith(text: string): this;
    endsWith(text: string): this;
    includes(text: string): this;
  }
  interface NumberSchema extends Schema<number> {
    int(): this;
    min(value: number): this;
    max(value: number): this;
    gt(value: number): this;
    gte(value: number): this;
    lt(value: number): this;
    lte(value: number): this;
    positive(): this;
    negative(): this;
    nonnegative(): this;
    multipleOf(value: number): this;
  }
  interface ArraySchema<T> extends Schema<T[]> {
    min(length: number): this;
    max(length: number): this;
    length(length: number): this;
    nonempty(): this;
  }
  type Shape = Record<string, Schema<any>>;
  type Flat<T> = { [K in keyof T]: T[K] };
  type OptionalKeys<S extends Shape> = { [K in keyof S]: S[K] extends { "~optional": true } ? K : never }[keyof S];
  type ObjectOf<S extends Shape> = Flat<
    { [K in Exclude<keyof S, OptionalKeys<S>>]: S[K]["~type"] } & { [K in OptionalKeys<S>]?: S[K]["~type"] }
  >;
  interface ObjectSchema<S extends Shape> extends Schema<ObjectOf<S>> {
    extend<E extends Shape>(shape: E): ObjectSchema<Omit<S, keyof E> & E>;
    pick<K extends keyof S>(keys: { [P in K]: true }): ObjectSchema<Pick<S, K>>;
    omit<K extends keyof S>(keys: { [P in K]: true }): ObjectSchema<Omit<S, K>>;
    partial(): ObjectSchema<{ [K in keyof S]: OptionalSchema<S[K]["~type"]> }>;
  }
  interface EnumSchema<T extends string> extends Schema<T> {
    readonly options: T[];
  }
  type TypeOf<S> = S extends Schema<infer T> ? T : never;

  /** Describes shapes of values: a part of zod. Only for the definition. */
  export namespace z {
    export type infer<S> = TypeOf<S>;
    export function string(): StringSchema;
    export function email(): StringSchema;
    export function url(): StringSchema;
    export function uuid(): StringSchema;
    export function number(): NumberSchema;
    export function int(): NumberSchema;
    export function boolean(): Schema<boolean>;
    export function any(): Schema<any>;
    export function unknown(): Schema<unknown>;
    export function json(): Schema<any>;
    function null_(): Schema<null>;
    function enum_<const T extends readonly string[]>(values: T): EnumSchema<T[number]>;
    export { null_ as null, enum_ as enum };
    export function literal<const T extends string | number | boolean | null>(value: T): Schema<T>;
    export function object<S extends Shape>(shape: S): ObjectSchema<S>;
    export function strictObject<S extends Shape>(shape: S): ObjectSchema<S>;
    export function looseObject<S extends Shape>(shape: S): ObjectSchema<S>;
    export function array<T>(item: Schema<T>): ArraySchema<T>;
    export function tuple<const T extends readonly Schema<any>[]>(items: T): Schema<{ -readonly [K in keyof T]: TypeOf<T[K]> }>;
    export function record<V>(key: Schema<string>, value: Schema<V>): Schema<Record<string, V>>;
    export function union<T extends readonly Schema<any>[]>(options: T): Schema<TypeOf<T[number]>>;
    export function discriminatedUnion<T extends readonly Schema<any>[]>(key: string, options: T): Schema<TypeOf<T[number]>>;
    export function optional<T>(schema: Schema<T>): OptionalSchema<T>;
    export function nullable<T>(schema: Schema<T>): Schema<T | null>;
    export namespace iso {
      function date(): StringSchema;
      function datetime(): StringSchema;
      function time(): StringSchema;
    }
  }
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
