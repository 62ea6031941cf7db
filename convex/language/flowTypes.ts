/** The part of `lockstep.d.ts` that is the chain: every step and what it gives. */
export const FLOW_TYPES = String.raw`export interface DuplicateStepName<Name> {
    "there is already a step with this name here": Name;
  }
  type NewName<Name, Own> = Name extends Own ? DuplicateStepName<Name> : Name;
  type With<Steps, Name extends string, Out> = Omit<Steps, Name> & { readonly [K in Name]: Out };
  /** Where a step is: as the app knows it. */
  type PathOf<At extends string, Name extends string> = At extends "" ? Name : ${"`${At}/${Name}`"};
  type BranchOf<At extends string, Name extends string> = ${"`${PathOf<At, Name>}/${string}`"};
  /** What code gives, or what was seen of it when TypeScript does not know. */
  type Given<Out, Path extends string> = 0 extends 1 & Out ? Seen<Path> : Output<Out>;
  type LastOf<F> = F extends { readonly "~last": infer Last } ? Last : never;
  interface Ended { readonly "~last": unknown }

  export interface Flow<Input, Steps, Item, Last, Own extends string, At extends string = ""> extends Ended {
    readonly "~last": Last;

    /** A synchronous function. Its value is the step's output. */
    code<const Name extends string, Out>(
      name: NewName<Name, Own>,
      run: (context: Context<Input, Steps, Item>) => Out,
      options?: PlainOptions,
    ): Flow<Input, With<Steps, Name, Given<Out, PathOf<At, Name>>>, Item, Given<Out, PathOf<At, Name>>, Own | Name, At>;

    /** Asynchronous code with fetch. It may run again after a failure. */
    action<const Name extends string, Out>(
      name: NewName<Name, Own>,
      run: (context: ActionContext<Input, Steps, Item>) => Promise<Out> | Out,
      options?: StepOptions,
    ): Flow<Input, With<Steps, Name, Given<Awaited<Out>, PathOf<At, Name>>>, Item, Given<Awaited<Out>, PathOf<At, Name>>, Own | Name, At>;

    /** One HTTP call. The output is { status, headers, body }; the body is checked against the response schema. */
    http<const Name extends string, Body = Seen<PathOf<At, Name>>>(
      name: NewName<Name, Own>,
      options: StepOptions & {
        request: (context: Context<Input, Steps, Item>) => HttpRequest;
        response?: Schema<Body>;
        /** Statuses to try again. */
        retryOn?: number[];
      },
    ): Flow<Input, With<Steps, Name, HttpResponse<Body>>, Item, HttpResponse<Body>, Own | Name, At>;

    /** Takes one branch. The output says which, and its last step's output. */
    condition<const Name extends string, Then extends Ended, Else extends Ended = { readonly "~last": null }>(
      name: NewName<Name, Own>,
      options: ContainerOptions & {
        if: (context: Context<Input, Steps, Item>) => unknown;
        then: (flow: Flow<Input, Steps, Item, null, never, PathOf<At, Name>>) => Then;
        else?: (flow: Flow<Input, Steps, Item, null, never, PathOf<At, Name>>) => Else;
      },
    ): Flow<Input, With<Steps, Name, Branch<Then, Else>>, Item, Branch<Then, Else>, Own | Name, At>;

    /** Takes the case that the value of on is called, or the default. The output says which, and its last step's output. */
    switch<
      const Name extends string,
      Cases extends Record<string, (flow: Flow<Input, Steps, Item, null, never, BranchOf<At, Name>>) => Ended>,
      Default extends Ended = { readonly "~last": null },
    >(
      name: NewName<Name, Own>,
      options: ContainerOptions & {
        on: (context: Context<Input, Steps, Item>) => string | number | boolean | null | undefined;
        cases: Cases;
        default?: (flow: Flow<Input, Steps, Item, null, never, BranchOf<At, Name>>) => Default;
      },
    ): Flow<Input, With<Steps, Name, Taken<Cases> | TakenDefault<Default>>, Item, Taken<Cases> | TakenDefault<Default>, Own | Name, At>;

    /** Branches side by side; the first to complete wins and the others are cancelled. The output says which won, and its last step's output. */
    parallel<
      const Name extends string,
      Branches extends Record<string, (flow: Flow<Input, Steps, Item, null, never, BranchOf<At, Name>>) => Ended>,
    >(
      name: NewName<Name, Own>,
      branches: Branches,
      options: ContainerOptions & { mode: "race" },
    ): Flow<Input, With<Steps, Name, Taken<Branches>>, Item, Taken<Branches>, Own | Name, At>;
    /** Branches side by side. The output is the last step's output of each, by the name of the branch. */
    parallel<
      const Name extends string,
      Branches extends Record<string, (flow: Flow<Input, Steps, Item, null, never, BranchOf<At, Name>>) => Ended>,
    >(
      name: NewName<Name, Own>,
      branches: Branches,
      options?: ContainerOptions & { mode?: "all" },
    ): Flow<Input, With<Steps, Name, Results<Branches>>, Item, Results<Branches>, Own | Name, At>;

    /** Once for every item. The output is the list of results in order. */
    loop<const Name extends string, T, Body extends Ended>(
      name: NewName<Name, Own>,
      options: LoopOptions & {
        each: (context: Context<Input, Steps, Item>) => readonly T[];
        /** Names an iteration, so that it keeps its identity. */
        key?: (context: Context<Input, Steps, T>) => string | number;
        do: (flow: Flow<Input, Steps, T, null, never, PathOf<At, Name>>) => Body;
      },
    ): Flow<Input, With<Steps, Name, LastOf<Body>[]>, Item, LastOf<Body>[], Own | Name, At>;
    /** So many times; item is the number of the iteration. */
    loop<const Name extends string, Body extends Ended>(
      name: NewName<Name, Own>,
      options: LoopOptions & {
        times: number | ((context: Context<Input, Steps, Item>) => number);
        key?: (context: Context<Input, Steps, number>) => string | number;
        do: (flow: Flow<Input, Steps, number, null, never, PathOf<At, Name>>) => Body;
      },
    ): Flow<Input, With<Steps, Name, LastOf<Body>[]>, Item, LastOf<Body>[], Own | Name, At>;
    /** As long as the function says; last is the result of the iteration before. */
    loop<const Name extends string, Body extends Ended>(
      name: NewName<Name, Own>,
      options: LoopOptions & {
        while: (context: Context<Input, Steps, Item> & { last: any }) => unknown;
        do: (flow: Flow<Input, Steps, number, null, never, PathOf<At, Name>>) => Body;
      },
    ): Flow<Input, With<Steps, Name, LastOf<Body>[]>, Item, LastOf<Body>[], Own | Name, At>;

    /** Waits; survives restarts. */
    delay<const Name extends string>(
      name: NewName<Name, Own>,
      duration: Duration | { until: (context: Context<Input, Steps, Item>) => number | string | Date },
      options?: PlainOptions,
    ): Flow<Input, With<Steps, Name, null>, Item, null, Own | Name, At>;

    /** Waits for an event, also one that came earlier in the run. Without a timeout it waits for ever. */
    waitForEvent<const Name extends string, const Named extends EventName, Then extends Ended, Data = EventData<Named, PathOf<At, Name>>>(
      name: NewName<Name, Own>,
      options: {
        event: Named;
        /** Only an event whose data has these values. Asked once, when the wait begins. */
        match?: (context: Context<Input, Steps, Item>) => Part<NoInfer<Data>>;
        /** What the data must be; an event of another shape fails the step. */
        data?: Schema<Data>;
        timeout: Duration;
        /** After the timeout these steps run, and the output is { timedOut: true, result }, the result of the last. */
        onTimeout: (flow: Flow<Input, Steps, Item, null, never, PathOf<At, Name>>) => Then;
        /** "continue": the run goes on when the step has failed. */
        onError?: "fail" | "continue";
      },
    ): Flow<Input, With<Steps, Name, EventOr<Named, Data, Then>>, Item, EventOr<Named, Data, Then>, Own | Name, At>;
    /** Waits for an event, also one that came earlier in the run. Without a timeout it waits for ever. */
    waitForEvent<const Name extends string, const Named extends EventName, Data = EventData<Named, PathOf<At, Name>>, const Late extends "fail" | "continue" = "fail">(
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
    ): Flow<Input, With<Steps, Name, Received<Named, Data, Late>>, Item, Received<Named, Data, Late>, Own | Name, At>;

    /** Asks people: the run waits until they decide. */
    approval<const Name extends string, Values = null, Late extends Ended = never>(
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
        /** What the end of the timeout is; "fail" when left out. Steps: they run then, and the output has the result of the last. */
        onTimeout?: "fail" | "reject" | "approve" | ((flow: Flow<Input, Steps, Item, null, never, PathOf<At, Name>>) => Late);
        /** "continue": the run goes on when the step has failed. */
        onError?: "fail" | "continue";
      },
    ): Flow<Input, With<Steps, Name, Decided<Values, Late>>, Item, Decided<Values, Late>, Own | Name, At>;

    /**
     * Runs another workflow, in the version that is published when it starts, and waits until it ends: the output is
     * its output. With wait: false the output says which run it is, as soon as it has started.
     */
    run<const Name extends string, const Named extends WorkflowName, const Wait extends boolean = true>(
      name: NewName<Name, Own>,
      options: StepOptions & {
        /** As in its address: "send-invoice". */
        workflow: Named;
        input?: ((context: Context<Input, Steps, Item>) => WorkflowInput<Named>) | WorkflowInput<Named>;
        /** true when left out. */
        wait?: Wait;
      },
    ): Flow<Input, With<Steps, Name, RunOutput<Named, Wait>>, Item, RunOutput<Named, Wait>, Own | Name, At>;

    /** Ends the run as failed. */
    fail<const Name extends string>(
      name: NewName<Name, Own>,
      message: string | ((context: Context<Input, Steps, Item>) => string),
      options?: PlainOptions,
    ): Flow<Input, With<Steps, Name, never>, Item, never, Own | Name, At>;

    /** Ends the run as completed. Its output is this value, in place of what output would give. */
    stop<const Name extends string>(
      name: NewName<Name, Own>,
      output?: ((context: Context<Input, Steps, Item>) => unknown) | string | number | boolean | null | object,
      options?: PlainOptions,
    ): Flow<Input, With<Steps, Name, never>, Item, never, Own | Name, At>;

    /** What the run gives. The last call of the chain. */
    output<Out>(output: (context: { input: Input; steps: Steps }) => Out): Workflow<Input, Output<Out>>;
  }
  type RunOutput<Named, Wait> = Wait extends false ? StartedRun : WorkflowOutput<Named>;
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
  /** The result is null unless nobody decided in time. */
  type Decided<Values, Late> = [Late] extends [never] ? Decision<Values> : Decision<Values> & { result: LastOf<Late> | null };
  type Received<Name, Data, Late> = Event<Name, Data> | (Late extends "continue" ? null : never);
  type EventOr<Name, Data, Then> = (Event<Name, Data> & { timedOut?: undefined }) | { timedOut: true; result: LastOf<Then> };
  type Branch<Then, Else> = { branch: "then"; result: LastOf<Then> } | { branch: "else"; result: LastOf<Else> };

  export interface LoopOptions {
    /** Iterations at once; 1 when left out. */
    concurrency?: number;
    /** 10,000 when left out, at most 100,000. */
    maxIterations?: number;
    /** "continue": the other iterations go on when one fails. */
    onError?: "stop" | "continue";
    timeout?: Duration;
  }`;
