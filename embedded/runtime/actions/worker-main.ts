/** Entry point of a worker thread. */
import { parentPort, workerData } from "node:worker_threads";
import { useRealmSource } from "../realm/realm-source";
import { ActionWorker } from "./action-worker";
import type { WorkerSetup } from "./worker-messages";

if (parentPort === null) throw new Error("This file runs in a worker thread");
const setup = workerData as WorkerSetup;
useRealmSource(setup.realmSource);
new ActionWorker(setup.kind, parentPort);
