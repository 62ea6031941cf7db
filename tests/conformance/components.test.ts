import { afterAll, beforeAll } from "vitest";
import { callsTo } from "./calls";
import { aggregateSuite } from "./components/aggregate.suite";
import { rateLimiterSuite } from "./components/rate-limiter.suite";
import { deployProject, type DeployedProject } from "./deployed-app";

let app: DeployedProject;
beforeAll(async () => {
  app = await deployProject("components-app");
}, 120_000);
afterAll(() => app.stop());

const calls = () => callsTo(app.backend.url);

rateLimiterSuite(calls);
aggregateSuite(calls);
