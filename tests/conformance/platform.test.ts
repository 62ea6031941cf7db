import { afterAll, beforeAll } from "vitest";
import { callsTo } from "./calls";
import { deployApp, type DeployedApp } from "./deployed-app";
import { authSuite } from "./platform/auth.suite";
import { documentsSuite } from "./platform/documents.suite";
import { errorsSuite } from "./platform/errors.suite";
import { httpSuite } from "./platform/http.suite";
import { limitsSuite } from "./platform/limits.suite";
import { paginationSuite } from "./platform/pagination.suite";
import { reactSuite } from "./platform/react.suite";
import { schedulingSuite } from "./platform/scheduling.suite";
import { snapshotsSuite } from "./platform/snapshots.suite";
import { storageSuite } from "./platform/storage.suite";
import { validationSuite } from "./platform/validation.suite";
import { valuesSuite } from "./platform/values.suite";

let app: DeployedApp;
beforeAll(async () => {
  app = await deployApp("platform-app");
}, 120_000);
afterAll(() => app.stop());

const deployed = () => app;
const calls = () => callsTo(app.backend.url);

valuesSuite(deployed, calls);
validationSuite(calls);
documentsSuite(calls);
paginationSuite(calls);
errorsSuite(deployed, calls);
storageSuite(deployed, calls);
httpSuite(() => app, calls);
schedulingSuite(deployed, calls);
snapshotsSuite(calls);
authSuite(deployed);
limitsSuite(calls);
reactSuite(() => app, calls);
