/** The head of every test of the executor: one for the file, clean before each test, and audited after it. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from "vitest";
import {
  type DeployedExecutor,
  type ExecutorHarness,
  startExecutor,
  startExecutorInProcess,
} from "./executor-harness";
import { type StagedExecutor, startStaged } from "./staged-executor";

/** On a deployment of its own: real workers, sockets and processes. */
export function useExecutor(): DeployedExecutor {
  return useStarted(startExecutor);
}

/** In this process: for what the functions decide, whoever runs them. */
export function useExecutorInProcess(): ExecutorHarness {
  return useStarted(startExecutorInProcess);
}

function useStarted<Executor extends ExecutorHarness>(
  start: () => Promise<Executor>,
): Executor {
  let executor: Executor | undefined;
  beforeAll(async () => {
    executor = await start();
  }, 120_000);
  afterAll(() => executor?.stop());
  beforeEach(() => executor?.server.reset());
  afterEach(async () => {
    expect(await executor?.stuckRuns()).toEqual([]);
  });
  return standingFor(() => {
    if (executor === undefined) throw new Error("the executor has not started");
    return executor;
  });
}

/** With the clock and the worker in the test's hands, for what gets lost: what the product says of that is not shown. */
export function useStagedExecutor(): StagedExecutor {
  let staged: StagedExecutor | undefined;
  beforeAll(async () => {
    staged = await startStaged();
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    vi.spyOn(console, "error").mockImplementation(() => undefined);
  }, 120_000);
  afterAll(async () => {
    vi.restoreAllMocks();
    await staged?.stop();
  });
  afterEach(async () => {
    expect(await staged?.stuckRuns()).toEqual([]);
  });
  return standingFor(() => {
    if (staged === undefined) throw new Error("the executor has not started");
    return staged;
  });
}

/** What is made later can be named now. */
function standingFor<T extends object>(made: () => T): T {
  return new Proxy({} as T, {
    get: (_, name): unknown => {
      const target = made();
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function"
        ? (value.bind(target) as unknown)
        : value;
    },
  });
}
