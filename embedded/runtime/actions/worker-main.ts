/** Entry point of a worker thread. */
import { parentPort, workerData } from "node:worker_threads";
import { ActionWorker } from "./action-worker";
import type { WorkerSetup } from "./worker-messages";

if (parentPort === null) throw new Error("This file runs in a worker thread");
new ActionWorker(workerData as WorkerSetup, parentPort);
