/** Runs of the app in `bare-app/`: the work of the workflow `http3` without the executor. */
import { fileURLToPath } from "node:url";
import { ConvexClient } from "convex/browser";
import { makeFunctionReference } from "convex/server";
import { startBackend } from "../../tests/support/start-backend";
import { deployApp } from "../deploy-app";
import { type OneRun, untilCompleted } from "./measured-runs";

const APP = fileURLToPath(new URL("./bare-app", import.meta.url));

const create = makeFunctionReference<
  "mutation",
  { url: string },
  { runId: string }
>("runs:create");
const get = makeFunctionReference<
  "query",
  { runId: string },
  { state: { kind: string } } | null
>("runs:get");

/** On a backend of their own. Each calls `url` three times. */
export async function withBareRuns<T>(
  url: string,
  measure: (oneRun: OneRun) => Promise<T>,
): Promise<T> {
  const backend = await startBackend();
  try {
    await deployApp(APP, backend);
    const client = new ConvexClient(backend.url);
    const measured = await measure(async () => {
      const { runId } = await client.mutation(create, { url });
      await untilCompleted(client, get, runId);
    });
    await client.close();
    return measured;
  } finally {
    await backend.stop();
  }
}
