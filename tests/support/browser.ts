/** Chromium for the end-to-end tests: quiet, stable in a closed network, and with nothing left of an earlier test. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { ensureChromium } from "../../scripts/lib/chromium.mjs";
import { root } from "../../scripts/lib/paths.mjs";

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export async function launchBrowser(): Promise<Browser> {
  const found = ensureChromium();
  if (!found.path) throw new Error(found.problem);
  return await chromium.launch({
    executablePath: found.path,
    headless: true,
    args: flags,
  });
}

const pictures = join(root, "tests/e2e/out");

/** Kept in `tests/e2e/out/`, for people and for the README. */
export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`) });
}
