import { afterAll, beforeAll } from "vitest";
import { callsTo } from "./calls";
import { actionCacheSuite } from "./components/action-cache.suite";
import { aggregateSuite } from "./components/aggregate.suite";
import { cronsSuite } from "./components/crons.suite";
import { migrationsSuite } from "./components/migrations.suite";
import { rateLimiterSuite } from "./components/rate-limiter.suite";
import { workflowSuite } from "./components/workflow.suite";
import { workpoolSuite } from "./components/workpool.suite";
import { deployProject, type DeployedProject } from "./deployed-app";

let app: DeployedProject;
beforeAll(async () => {
  app = await deployProject("components-app", { typecheck: true });
}, 120_000);
afterAll(() => app.stop());

const calls = () => callsTo(app.backend.url);

rateLimiterSuite(calls);
aggregateSuite(calls);
workpoolSuite(calls);
cronsSuite(calls);
workflowSuite(() => app, calls);
actionCacheSuite(calls);
migrationsSuite(() => app, calls);
