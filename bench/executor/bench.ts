/** What every part of the bench has: a deployment of its own with an empty database, and a server for workflows to call. */
import {
  type Deployment,
  startDeployment,
} from "../../tests/support/deployment";
import { startHttpTarget } from "../../tests/support/http-target";
import type { Row } from "../embedded/samples";
import { Supply } from "./supply";

export interface Bench {
  deployment: Deployment;
  supply: Supply;
  targetUrl: string;
}

/** `delayMs`: how long the server takes to answer. */
export async function withBench(
  part: (bench: Bench) => Promise<Row[]>,
  delayMs = 0,
): Promise<Row[]> {
  const target = await startHttpTarget({ delayMs });
  const deployment = await startDeployment({ demoPort: target.port });
  try {
    const supply = await Supply.of(deployment.url);
    const targetUrl = `http://127.0.0.1:${target.port}/`;
    return await part({ deployment, supply, targetUrl });
  } finally {
    await deployment.stop();
    await target.stop();
  }
}
