import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { api } from "../../convex/_generated/api";
import type { Id } from "../../convex/_generated/dataModel";
import { launchBrowser, picture } from "../support/browser";
import { startProduct, type Product } from "../support/product";
import {
  openWorkspace,
  publishWorkflow,
  startRun,
  waitForRun,
  type Workspace,
} from "../support/workspace";
import {
  createOwner,
  owner,
  patience,
  runStatus,
  stepRow,
  workspaceUrl,
} from "./screens";

/** What people do with workflows they have: each test goes on where the one before it ended. */
let product: Product;
let browser: Browser;
let page: Page;
let workspace: Workspace;
let base = "";
let doubling: Id<"workflows">;
const pageErrors: string[] = [];

const module = (rest: string): string =>
  `import { workflow, z } from "lockstep";\nexport default workflow${rest};\n`;
const times = (factor: number): string =>
  module(`({ input: z.object({ n: z.number() }) })
  .code("multiply", ({ input }) => input.n * ${factor})
  .code("say", ({ steps }) => "it is " + steps.multiply)
  .output(({ steps }) => steps.say)`);
const asking = module(`({ input: z.object({}) })
  .approval("ship it", { title: "Ship it?" })
  .code("after", () => "shipped")`);
const oneAtATime = module(`({ input: z.object({}), concurrency: { limit: 1 } })
  .delay("hold", "1h")`);

beforeAll(async () => {
  [product, browser] = await Promise.all([startProduct(), launchBrowser()]);
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.on("pageerror", (error) => pageErrors.push(String(error)));
  await createOwner(page, product.url);
  base = workspaceUrl(page);
  workspace = await openWorkspace(product.convexUrl, owner);
  doubling = await publishWorkflow(workspace, "Doubling", times(2));
  await publishAgain(doubling, times(3));
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await product?.stop();
}, 60_000);

afterEach(async ({ task }) => {
  if (task.result?.state === "fail")
    await picture(page, `failed ${task.name.replace(/[^\w ]/g, "")}`);
});

async function publishAgain(
  workflowId: Id<"workflows">,
  source: string,
): Promise<void> {
  const { client } = workspace;
  await client.mutation(api.workflows.saveDraft, { workflowId, source });
  const result = await client.mutation(api.workflowVersions.publish, {
    workflowId,
  });
  expect(result.kind).toBe("published");
}

const button = (name: string | RegExp) => page.getByRole("button", { name });
const dialog = () => page.getByRole("dialog");
const menuItem = (name: RegExp) => page.getByRole("menuitem", { name });

async function openRun(runId: Id<"workflowRuns">): Promise<void> {
  await page.goto(`${base}/runs/${runId}`);
  await runStatus(page).waitFor(patience);
}

describe.sequential("everyday work", () => {
  it("two versions are compared by steps and code", async () => {
    await page.goto(`${base}/workflows/doubling/versions`);
    await page.getByLabel("Compare version 1").click(patience);
    await page.getByLabel("Compare version 2").click();
    await button("Compare").click();
    const changes = page.getByRole("region", { name: "Changes" });
    await changes.getByText("multiply").waitFor(patience);
    expect(await changes.getByText("say").count()).toBe(0);
    await page.locator(".monaco-diff-editor").waitFor(patience);
    await picture(page, "11-compare");
    await button("All versions").click();
  });

  it("rolling back makes an older version the current one", async () => {
    await button("Actions for version 1").click(patience);
    await menuItem(/^Roll back to v1/).click();
    await dialog().getByLabel("Note (optional)").fill("Three was too much");
    await dialog().getByRole("button", { name: "Roll back to v1" }).click();
    await page.getByText("v1 is current again").waitFor(patience);
    const { output } = await runOf({ n: 4 });
    expect(output?.preview).toBe(JSON.stringify("it is 8"));
  });

  it("the draft is tested with a payload, without being published", async () => {
    await workspace.client.mutation(api.workflows.saveDraft, {
      workflowId: doubling,
      source: times(5),
    });
    await page.goto(`${base}/workflows/doubling/code`);
    await button("Test…").click(patience);
    await dialog().getByRole("textbox", { name: /^n/ }).fill("4", patience);
    await dialog().getByRole("button", { name: "Start test" }).click();
    const panel = page.getByRole("region", { name: "Test run" });
    await panel.getByText("Completed").first().waitFor(patience);
    await panel
      .getByText(/it is 20/)
      .first()
      .waitFor(patience);
    await picture(page, "12-test-run");
    await panel.getByRole("link", { name: "Open the run" }).click();
    await page.getByText("Test", { exact: true }).first().waitFor(patience);
  });

  it("a run is replayed from a step, which reuses what was before it", async () => {
    const first = await runOf({ n: 10 });
    await openRun(first._id);
    await stepRow(page, /say/).click(patience);
    await button("Replay from here…").click();
    await dialog()
      .getByText(/multiply/)
      .first()
      .waitFor(patience);
    await picture(page, "13-replay-from-step");
    await dialog()
      .getByRole("button", { name: /^Replay/ })
      .click();
    await page.waitForURL((url) => !url.href.includes(first._id), patience);
    await runStatus(page).filter({ hasText: "Completed" }).waitFor(patience);
    await stepRow(page, /multiply/).click(patience);
    await page
      .getByText(/reused/i)
      .first()
      .waitFor(patience);
  });

  it("what runs ask is counted, and decided in the inbox", async () => {
    const asked = await publishWorkflow(workspace, "Asking", asking);
    const runId = await startRun(workspace, asked, {});
    await page
      .getByRole("link", { name: /^Approvals, 1 waiting/ })
      .click(patience);
    await page.getByText("Ship it?").first().click(patience);
    await button("Approve").click(patience);
    await page.getByText("Approved: Ship it?").waitFor(patience);
    await page
      .getByRole("link", { name: "Approvals", exact: true })
      .waitFor(patience);
    const run = await waitForRun(workspace, runId);
    expect(run.state.kind).toBe("completed");
  });

  it("runs beyond a limit say why they wait, and are cancelled together", async () => {
    const limited = await publishWorkflow(workspace, "Narrow", oneAtATime);
    const runs = [];
    for (let count = 0; count < 3; count += 1)
      runs.push(await startRun(workspace, limited, {}));
    const last = runs.at(-1);
    if (last === undefined) throw new Error("nothing was started");
    await openRun(last);
    await page
      .getByText(/1 at a time|at once|limit/i)
      .first()
      .waitFor(patience);
    await picture(page, "14-queued");
    await page.goto(`${base}/runs?wf=narrow`);
    await page.getByRole("checkbox").first().click(patience);
    await button("Cancel runs…").click();
    await dialog()
      .getByRole("button", { name: "Cancel 3 runs" })
      .click(patience);
    for (const runId of runs)
      expect((await waitForRun(workspace, runId)).state.kind).toBe("cancelled");
  });

  it("what limits a workflow's runs is told in its settings", async () => {
    await page.goto(`${base}/workflows/narrow/settings`);
    await page
      .getByText("At most 1 run at once; others wait for their turn.")
      .waitFor(patience);
    await picture(page, "15-workflow-settings");
  });

  it("the organization's limit is set in the settings", async () => {
    await page.keyboard.press("g");
    await page.keyboard.press(",");
    const limit = page.getByLabel("Limit, over all workflows");
    await limit.fill("none", patience);
    await limit.press("Enter");
    await page.getByText(/whole number from 1/).waitFor(patience);
    await limit.fill("12");
    await limit.press("Enter");
    await page.getByText("Runs at once: saved").waitFor(patience);
    await page.reload();
    await expect.poll(() => limit.inputValue(), patience).toBe("12");
    await picture(page, "16-settings");
  });

  it("no page threw an error", () => {
    expect(pageErrors).toEqual([]);
  });
});

async function runOf(input: { n: number }) {
  return await waitForRun(
    workspace,
    await startRun(workspace, doubling, input),
  );
}
