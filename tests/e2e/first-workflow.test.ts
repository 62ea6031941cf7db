import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser, picture } from "../support/browser";
import { startProduct, type Product } from "../support/product";
import {
  createFromTemplate,
  createOwner,
  editorLines,
  insertBefore,
  patience,
  problems,
  publish,
  replace,
  run,
  runRows,
  runStatus,
  stepRow,
  workspaceUrl,
} from "./screens";

/** One person's first hour, in order: each test goes on where the one before it ended. */
let product: Product;
let browser: Browser;
let page: Page;
let workflowUrl = "";
const sockets: string[] = [];
const pageErrors: string[] = [];

beforeAll(async () => {
  [product, browser] = await Promise.all([startProduct(), launchBrowser()]);
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.on("websocket", (socket) => sockets.push(socket.url()));
  page.on("pageerror", (error) => pageErrors.push(String(error)));
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await product?.stop();
}, 60_000);

afterEach(async ({ task }) => {
  if (task.result?.state === "fail") {
    await picture(page, `failed ${task.name.replace(/[^\w ]/g, "")}`);
  }
});

/** A mark that a reload of the page would wipe out. */
async function markPage(): Promise<void> {
  await page.evaluate(() => {
    document.documentElement.dataset["sameDocument"] = "yes";
  });
}

async function isSameDocument(): Promise<boolean> {
  return await page.evaluate(
    () => document.documentElement.dataset["sameDocument"] === "yes",
  );
}

describe.sequential("a first workflow", () => {
  it("the first visitor creates the owner's account", async () => {
    await createOwner(page, product.url);
    await picture(page, "1-empty-workspace");
  });

  it("the page is subscribed over a socket to the backend", () => {
    const { host } = new URL(product.convexUrl);
    expect(sockets.some((url) => url.includes(host))).toBe(true);
  });

  it("a template opens in the editor", async () => {
    workflowUrl = await createFromTemplate(page, {
      template: "retry",
      name: "Fetch the report",
    });
    await editorLines(page)
      .filter({ hasText: /fetch.report/ })
      .first()
      .waitFor();
    await problems(page).getByText("none").waitFor(patience);
    await picture(page, "2-template");
  });

  it("a type error is underlined while typing and listed as a problem", async () => {
    await insertBefore(
      page,
      ".output(",
      '.code("measure", ({ steps }) => steps.nope)\n  ',
    );
    await page
      .locator(".monaco-editor .squiggly-error")
      .first()
      .waitFor(patience);
    await problems(page)
      .getByText(/'nope' does not exist/)
      .first()
      .waitFor(patience);
    await picture(page, "3-type-error");
  });

  it("the error goes away when it is fixed", async () => {
    await replace(page, "steps.nope", 'steps["new key"].length');
    await problems(page).getByText("none").waitFor(patience);
    expect(await page.locator(".monaco-editor .squiggly-error").count()).toBe(
      0,
    );
  });

  it("it is published", async () => {
    await publish(page);
    await picture(page, "4-published");
  });

  it("a run shows its failed attempts and a countdown, and completes without a reload", async () => {
    await run(page, { failures: 2 });
    await markPage();
    const flaky = stepRow(page, /fetch report/);
    await flaky.waitFor(patience);
    await page
      .getByText(/retrying|retry in/i)
      .first()
      .waitFor(patience);
    await picture(page, "5-retrying");
    await runStatus(page).filter({ hasText: "Completed" }).waitFor(patience);
    await flaky.click();
    await picture(page, "6-completed");
    expect(await isSameDocument()).toBe(true);
  });

  it("each attempt can be opened, the failed ones with their error", async () => {
    const attempts = page
      .getByRole("group", { name: "Attempts" })
      .getByRole("button");
    expect(await attempts.count()).toBe(3);
    await attempts.first().click();
    await page.getByText(/503/).first().waitFor(patience);
    await picture(page, "7-failed-attempt");
  });

  it("a replay is a new run that says what it repeats", async () => {
    const first = page.url();
    await page
      .getByRole("button", { name: /^Replay/ })
      .first()
      .click();
    const dialog = page.getByRole("dialog").or(page.getByRole("alertdialog"));
    const confirm = dialog.getByRole("button", { name: /^Replay/ });
    await confirm.click(patience);
    await page.waitForURL((url) => url.href !== first, patience);
    await page
      .getByText(/replay of/i)
      .first()
      .waitFor(patience);
    await runStatus(page).filter({ hasText: "Completed" }).waitFor(patience);
  });

  it("a webhook starts a run that appears in the open list", async () => {
    await page.goto(`${workflowUrl}/trigger`);
    await page.getByRole("button", { name: "Add webhook…" }).click(patience);
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("leads");
    await dialog.getByRole("button", { name: "Add webhook" }).click();
    const address = page.getByText(/\/hooks\//).first();
    await address.waitFor(patience);
    const hook = /https?:\/\/[^\s'"]+\/hooks\/[\w-]+/.exec(
      await page.locator("body").innerText(),
    )?.[0];
    expect(hook).toBeDefined();

    await page.goto(`${workspaceUrl(page)}/runs`);
    await runRows(page).first().waitFor(patience);
    await markPage();
    const before = await runRows(page).count();
    const response = await fetch(hook ?? "", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ failures: 0 }),
    });
    expect(response.status).toBe(202);
    const answer = (await response.json()) as { number: number };
    await page
      .getByRole("link", { name: new RegExp(`#${answer.number}\\b`) })
      .first()
      .waitFor(patience);
    expect(await runRows(page).count()).toBeGreaterThan(before);
    expect(await isSameDocument()).toBe(true);
    await picture(page, "8-webhook-run");
  });

  it("a schedule of every minute starts a run that appears in the open list", async () => {
    await page.goto(`${workflowUrl}/trigger`);
    await page.getByRole("button", { name: "Add schedule…" }).click(patience);
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Every minute" }).click();
    await dialog.getByRole("button", { name: "Add schedule" }).click(patience);
    await dialog.waitFor({ state: "hidden", ...patience });
    await picture(page, "9-triggers");

    await page.goto(`${workspaceUrl(page)}/runs`);
    await runRows(page).first().waitFor(patience);
    await markPage();
    const newest = await runRows(page).first().innerText();
    await expect
      .poll(() => runRows(page).first().innerText(), {
        timeout: 80_000,
        interval: 500,
      })
      .not.toBe(newest);
    expect(await isSameDocument()).toBe(true);
    await picture(page, "10-scheduled-run");
  });

  it("no page threw an error", () => {
    expect(pageErrors).toEqual([]);
  });
});
