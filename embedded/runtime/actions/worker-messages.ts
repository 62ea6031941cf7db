/** Between the main thread and the workers that run actions. Everything is plain data. */
import type { JSONValue } from "convex/values";
import type { CompiledModule } from "../modules/compiled-module";
import type { Reply } from "../realm/realm-host";
import type { AnalyzedModule } from "../types";
import type { WorkerCells } from "./worker-cells";

export type WorkerKind = "isolate" | "node";
export interface WorkerSetup {
  kind: WorkerKind;
  realmSource: string;
  cells: WorkerCells;
}

export interface ActionJob {
  id: number;
  deploymentId: number;
  componentPath: string;
  module: string;
  env: { [name: string]: string };
  requestId: string;
  task: ActionTask;
}
export type ActionTask =
  | { kind: "action"; name: string; args: string }
  | {
      kind: "http";
      path: string;
      request: HttpRequestHead;
      maxResponseBytes: number;
    };
/** The body follows in parts, each asked for. */
export interface HttpRequestHead {
  url: string;
  method: string;
  headers: [string, string][];
  hasBody: boolean;
}
export type RequestPart =
  | { kind: "chunk"; bytes: Uint8Array }
  | { kind: "end" }
  | { kind: "failed"; message: string };

export type ToWorker =
  | {
      kind: "load";
      deploymentId: number;
      components: [string, CompiledModule[]][];
    }
  | { kind: "unload"; deploymentId: number }
  | { kind: "run"; job: ActionJob }
  | {
      kind: "reply";
      id: number;
      ticket: number;
      reply: Reply;
      bytes?: StoredBytes | null;
    }
  | {
      kind: "describe";
      id: number;
      deploymentId: number;
      componentPath: string;
      module: string;
      env: ActionJob["env"];
    }
  | { kind: "abort"; id: number }
  | { kind: "requestPart"; id: number; part: RequestPart }
  /** The client has room for the next chunk of the response. */
  | { kind: "responseTaken"; id: number }
  | { kind: "ping"; id: number };

export interface StoredBytes {
  bytes: Uint8Array;
  contentType: string | null;
}
/** A `FunctionError` as data. */
export interface ErrorData {
  text: string;
  frames: string[];
  data?: JSONValue;
}
export type FromWorker =
  | { kind: "ready" }
  | { kind: "done"; id: number; value: string }
  | { kind: "failed"; id: number; error: ErrorData }
  | { kind: "described"; id: number; module: Pick<AnalyzedModule, "functions"> }
  | {
      kind: "syscall";
      id: number;
      ticket: number;
      op: string;
      args: string;
      bytes?: StoredBytes;
    }
  | { kind: "log"; id: number; level: string; messages: string[] }
  | { kind: "requestPull"; id: number }
  | {
      kind: "responseHead";
      id: number;
      status: number;
      headers: [string, string][];
    }
  | { kind: "responseChunk"; id: number; chunk: Uint8Array }
  | { kind: "pong"; id: number }
  /** Node code ended the process, or an error escaped it: finish nothing new here. */
  | { kind: "poisoned" };
