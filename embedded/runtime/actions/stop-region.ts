/** Stops the region that is open in a worker, from the main thread. */
import { Session } from "node:inspector";
import type { Worker } from "node:worker_threads";

const STOP = JSON.stringify({ id: 1, method: "Runtime.terminateExecution" });

/** The caller has taken the region (`takeRegion`), so that nothing else is stopped in its place. */
export function stopRegion(worker: Worker): void {
  const title = `[worker ${worker.threadId}]`;
  const session = new Session();
  // Not inside what tells us: there the session is still at work.
  const leave = (): void => void setImmediate(() => session.disconnect());
  worker.once("exit", leave);
  session.connect();
  session.on("NodeWorker.attachedToWorker", ({ params }) => {
    const { sessionId, workerInfo } = params;
    if (!workerInfo.title.startsWith(title)) return;
    const stop = { sessionId, message: STOP };
    session.post("NodeWorker.sendMessageToWorker", stop);
  });
  session.on("NodeWorker.receivedMessageFromWorker", () => {
    worker.off("exit", leave);
    leave();
  });
  session.post("NodeWorker.enable", { waitForDebuggerOnStart: false });
}
