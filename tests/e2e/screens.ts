/** What a person does on the screens, by the roles and names that assistive technology sees. */
import type { Locator, Page } from "playwright-core";

export const owner = {
  name: "Tess Owner",
  email: "tess@example.com",
  password: "correct horse battery staple",
  organization: "Tess and friends",
};

/** Long enough for a first compile of a page on a busy machine. */
export const patience = { timeout: 30_000 };

/** The first visit of an empty installation, to the empty list of workflows. */
export async function createOwner(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page
    .getByRole("heading", { name: "Create the owner account" })
    .waitFor(patience);
  await page.getByLabel("Name", { exact: true }).fill(owner.name);
  await page.getByLabel("Email").fill(owner.email);
  await page.getByLabel("Password").fill(owner.password);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByLabel("Organization name").fill(owner.organization, patience);
  await page.getByRole("button", { name: "Continue" }).click();
  await page
    .getByRole("heading", { name: "Workflows", exact: true })
    .waitFor(patience);
}

/** The address of the workspace, without a slash at the end. */
export function workspaceUrl(page: Page): string {
  const { origin, pathname } = new URL(page.url());
  return `${origin}/${pathname.split("/")[1] ?? ""}`;
}

/** Creates a workflow from a template and waits for its code in the editor; returns the address of the workflow. */
export async function createFromTemplate(
  page: Page,
  { template, name }: { template: string; name: string },
): Promise<string> {
  await page.goto(`${workspaceUrl(page)}/workflows/new?template=${template}`);
  await page.getByLabel("Name", { exact: true }).fill(name, patience);
  await page.getByRole("button", { name: "Create workflow" }).click();
  await page.waitForURL(/\/workflows\/[^/]+\/code/, patience);
  await editorLines(page).first().waitFor(patience);
  return page.url().replace(/\/code.*$/, "");
}

export function editorLines(page: Page): Locator {
  return page.locator(".monaco-editor .view-line");
}

/** Selects the first occurrence of `text` with the find box of the editor, as a person would. */
async function find(page: Page, text: string): Promise<void> {
  await page.locator(".monaco-editor .view-lines").first().click();
  await page.keyboard.press("Control+Home");
  await page.keyboard.press("Control+f");
  const box = page.getByRole("textbox", { name: "Find" });
  await box.fill(text);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
}

/** Types at the start of the line that contains `text`. */
export async function insertBefore(
  page: Page,
  text: string,
  inserted: string,
): Promise<void> {
  await find(page, text);
  await page.keyboard.press("Home");
  await page.keyboard.insertText(inserted);
}

export async function replace(
  page: Page,
  text: string,
  by: string,
): Promise<void> {
  await find(page, text);
  await page.keyboard.insertText(by);
}

export function problems(page: Page): Locator {
  return page.getByRole("region", { name: "Problems" });
}

export async function publish(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Publish…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: /^Publish v\d+/ }).click(patience);
  await page.getByText(/^Published v\d+/).waitFor(patience);
}

/** Starts a run by hand with the input as JSON and waits for its page; returns its address. */
export async function run(page: Page, input: unknown): Promise<string> {
  await page.getByRole("button", { name: "Run…" }).click();
  const dialog = page.getByRole("dialog");
  const start = dialog.getByRole("button", { name: "Start run" });
  await start.waitFor(patience);
  const asJson = dialog.getByRole("button", { name: "Edit as JSON" });
  if (await asJson.isVisible()) await asJson.click();
  const text = dialog.getByLabel("Input as JSON");
  if (await text.isVisible()) await text.fill(JSON.stringify(input));
  await start.click();
  await page.waitForURL(/\/runs\/[^/]+$/, patience);
  return page.url();
}

/** The chip at the head of a run's page. */
export function runStatus(page: Page): Locator {
  return page.locator("header").getByRole("status").first();
}

export function stepRow(page: Page, name: string | RegExp): Locator {
  return page.getByRole("treegrid").getByRole("row", { name }).first();
}

/** Rows of the list of runs, newest first. */
export function runRows(page: Page): Locator {
  return page.getByRole("link", { name: /#\d+/ });
}
