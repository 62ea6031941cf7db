import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createBackend, type Backend } from "../backend";
import { bundleModules } from "../runtime/testing/bundle-modules";
import { APP } from "../runtime/testing/test-backend";

const SOURCES = {
  "files.ts": `
    import { mutationGeneric as mutation } from "convex/server";
    export const uploadUrl = mutation({ args: {}, handler: (ctx) => ctx.storage.generateUploadUrl() });
  `,
};
const HOUR_MS = 3600 * 1000;
const origin = "http://api.test";
const clock = { ms: Date.now(), now: () => clock.ms };
let folder: string;
let backend: Backend;

async function start(): Promise<void> {
  backend = await createBackend({
    dataFolder: folder,
    origins: { cloudUrl: origin, siteUrl: "http://site.test" },
    adminKey: "test|0123",
    clock,
  });
  const modules = await bundleModules(SOURCES);
  await backend.runtime.load([{ ...APP, modules }]);
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "uploads-"));
  await start();
});
afterEach(async () => {
  await backend.close();
  rmSync(folder, { recursive: true });
});

async function uploadUrl(): Promise<string> {
  const answer = await backend.api(
    new Request(`${origin}/api/mutation`, {
      method: "POST",
      body: JSON.stringify({ path: "files:uploadUrl", args: {} }),
    }),
  );
  const outcome = (await answer.json()) as { value?: string };
  if (outcome.value === undefined) throw new Error(JSON.stringify(outcome));
  return outcome.value;
}

const upload = (url: string, headers: Record<string, string> = {}) =>
  backend.api(new Request(url, { method: "POST", body: "bytes", headers }));

async function expectRefused(url: string, code: string): Promise<void> {
  const answer = await upload(url);
  expect([answer.status, await answer.json()]).toMatchObject([401, { code }]);
}

describe("upload URLs", () => {
  it("work after a restart", async () => {
    const url = await uploadUrl();
    await backend.close();
    await start();
    const answer = await upload(url);
    expect(await answer.json()).toEqual({ storageId: expect.any(String) });
  });
  it("expire after an hour", async () => {
    const url = await uploadUrl();
    clock.ms += HOUR_MS - 1;
    expect((await upload(url)).status).toBe(200);
    clock.ms += 2;
    await expectRefused(url, "StorageTokenExpired");
  });
  it("cannot be made or changed by others", async () => {
    const url = await uploadUrl();
    const [payload = "", signature = ""] =
      url.split("token=")[1]?.split(".") ?? [];
    const other = Buffer.from(JSON.stringify(["limiter", 9e15])).toString(
      "base64url",
    );
    for (const token of [
      "",
      ".",
      payload,
      `${other}.${signature}`,
      `${payload}.${signature.slice(1)}`,
      `${payload}.`,
    ])
      await expectRefused(
        `${origin}/api/storage/upload?token=${token}`,
        "StorageTokenInvalid",
      );
  });
  it("refuse bytes that are not what their digest says", async () => {
    const answer = await upload(await uploadUrl(), {
      digest: `sha-256=${Buffer.alloc(32).toString("base64")}`,
    });
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { code: "Sha256Mismatch" },
    ]);
  });
});
