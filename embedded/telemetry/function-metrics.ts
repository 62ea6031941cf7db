import { Histogram, LATENCY_SECONDS } from "./histogram";

export type FunctionKind = "Query" | "Mutation" | "Action" | "HttpAction";

/** Executions of one kind of function. */
export class ExecutionMetrics {
  errors = 0;
  readonly seconds = new Histogram(LATENCY_SECONDS);
}

export class FunctionMetrics {
  readonly kinds: Readonly<Record<FunctionKind, ExecutionMetrics>> = {
    Query: new ExecutionMetrics(),
    Mutation: new ExecutionMetrics(),
    Action: new ExecutionMetrics(),
    HttpAction: new ExecutionMetrics(),
  };

  record(
    kind: FunctionKind,
    run: { milliseconds: number; isError: boolean },
  ): void {
    const metrics = this.kinds[kind];
    metrics.seconds.observe(run.milliseconds / 1000);
    if (run.isError) metrics.errors += 1;
  }
}
