/** Starts `measured-backend.ts` and asks it questions. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { deployApp } from "../deploy-app";

const RUN = fileURLToPath(new URL("../../embedded/run.mjs", import.meta.url));
const PROGRAM = fileURLToPath(
  new URL("./measured-backend.ts", import.meta.url),
);
const APP = fileURLToPath(new URL("./app", import.meta.url));

export type Question =
  | { ask: "executions" }
  | { ask: "heap" }
  | { ask: "fill"; table: string; documents: number };
export type Execution = { name: string; ms: number };
export type Answer = Execution[] | number | null;
type Greeting = { url: string; adminKey: string; echoUrl: string };

export interface MeasuredBackend extends Greeting {
  readonly dataFolder: string;
  /** Functions that ran since this was last asked. */
  executions(): Promise<Execution[]>;
  /** Bytes of reachable memory: heap and what hangs on it. */
  heapBytes(): Promise<number>;
  /** Writes documents, 100 in each room, without going through functions. */
  fill(table: "small" | "large", documents: number): Promise<void>;
  /** Ends the process; the data folder stays. */
  stop(): Promise<void>;
  removeData(): void;
}

/** With the bench's app deployed. */
export async function startMeasuredBackend(): Promise<MeasuredBackend> {
  const dataFolder = mkdtempSync(join(tmpdir(), "lockstep-bench-"));
  const child = fork(RUN, [PROGRAM, dataFolder], {
    execArgv: ["--expose-gc"],
  });
  const greeting = await firstMessage(child);
  await deployApp(APP, greeting);
  return {
    ...greeting,
    dataFolder,
    executions: async () =>
      (await ask(child, { ask: "executions" })) as Execution[],
    heapBytes: async () => Number(await ask(child, { ask: "heap" })),
    fill: async (table, documents) => {
      await ask(child, { ask: "fill", table, documents });
    },
    stop: () => end(child),
    removeData: () => rmSync(dataFolder, { recursive: true, force: true }),
  };
}

async function firstMessage(child: ChildProcess): Promise<Greeting> {
  const died = once(child, "exit").then(() => {
    throw new Error("The backend did not start");
  });
  const [greeting] = (await Promise.race([once(child, "message"), died])) as [
    Greeting,
  ];
  died.catch(() => undefined);
  return greeting;
}

/** One question at a time. */
async function ask(child: ChildProcess, question: Question): Promise<Answer> {
  const answered = once(child, "message") as Promise<[Answer]>;
  child.send(question);
  return (await answered)[0];
}

/** Also when it has ended already. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}
