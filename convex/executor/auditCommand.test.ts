/** `npm run audit` against a deployment, as a person runs it. */
import { expect, it } from "vitest";
import { audit } from "../../tests/support/executor/audit-command";
import { useExecutor } from "../../tests/support/executor/use-executor";

const executor = useExecutor();

it("prints what was looked at and ends with 0 when nothing is wrong", async () => {
  const runId = await executor.publishAndStart(`().code("a", () => 1)`);
  await executor.untilEnded(runId);
  const { url, adminKey } = executor.deployment;
  const { status, stdout } = audit("--url", url, "--admin-key", adminKey);
  expect(stdout).toMatch(/\d+ runs\n/);
  expect(stdout).toContain("nothing found");
  expect(status).toBe(0);
});

it("says what is missing when no deployment is named, or none answers", () => {
  const nowhere = audit();
  expect(nowhere.stderr).toContain("There is no deployment to look through");
  expect(nowhere.status).toBe(1);
  const url = "http://127.0.0.1:1";
  const silent = audit("--url", url, "--admin-key", "key");
  expect(silent.stderr).toContain(`The deployment at ${url}`);
  expect(silent.status).toBe(1);
});
