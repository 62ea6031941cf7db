/** Limits of the runtime itself; those of documents and reads belong to the database. */
export interface RuntimeLimits {
  userTimeMs: number;
  systemTimeMs: number;
  isolateActionTimeMs: number;
  nodeActionTimeMs: number;
  callDepth: number;
  argumentBytes: number;
  logLines: number;
  logLineBytes: number;
  scheduledFunctions: number;
  scheduledArgumentBytes: number;
  httpBodyBytes: number;
  isolateWorkers: number;
  isolateHeapMegabytes: number;
  nodeHeapMegabytes: number;
  /** Actions at the same time, HTTP actions included. */
  isolateActions: number;
  nodeActions: number;
  /** Of them, HTTP actions. */
  httpActions: number;
  /** How long a client's action waits for its turn before it is refused; the scheduler's wait for ever. */
  actionWaitMs: number;
  /** Operations of one action at the same time. */
  actionOperations: number;
}

const MEBIBYTE = 1024 * 1024;

export const DEFAULT_LIMITS: RuntimeLimits = {
  userTimeMs: 1000,
  systemTimeMs: 15_000,
  isolateActionTimeMs: 600_000,
  nodeActionTimeMs: 600_000,
  callDepth: 8,
  argumentBytes: 16 * MEBIBYTE,
  logLines: 256,
  logLineBytes: 32_768,
  scheduledFunctions: 1000,
  scheduledArgumentBytes: 16 * MEBIBYTE,
  httpBodyBytes: 20 * MEBIBYTE,
  isolateWorkers: 2,
  isolateHeapMegabytes: 512,
  nodeHeapMegabytes: 512,
  isolateActions: 64,
  nodeActions: 64,
  httpActions: 64,
  actionWaitMs: 10_000,
  actionOperations: 8,
};
