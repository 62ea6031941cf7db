import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort, spawnMain } from "../support/start-backend";
import { deployApp, type DeployedApp } from "./deployed-app";

let app: DeployedApp;
beforeAll(async () => {
  app = await deployApp();
}, 120_000);
afterAll(() => app.stop());

const convex = (...args: string[]) => app.project.succeed(...args);

describe("npx convex", () => {
  it("run calls public and internal functions", async () => {
    await convex("run", "messages:send", '{"author":"cli","body":"hi"}');
    expect(await convex("run", "messages:count")).toMatch(/[1-9]/);
    expect((await app.project.run("run", "messages:crash")).output).toMatch(
      /on purpose/,
    );
  });
  it("run names the functions there are when one is missing", async () => {
    expect((await app.project.run("run", "messages:nothing")).output).toMatch(
      /messages:send/,
    );
  });
  it("run --identity acts as a user", async () => {
    expect(
      await convex(
        "run",
        "users:me",
        "--identity",
        '{"subject":"s","issuer":"i"}',
      ),
    ).toMatch(/"s"/);
  });
  it("data shows tables and documents", async () => {
    expect(await convex("data")).toMatch(/messages/);
    expect(await convex("data", "messages")).toMatch(/"cli"/);
  });
  it("env sets, lists, gets and removes variables, and functions see them", async () => {
    await convex("env", "set", "CONFORMANCE_SECRET", "s3cret");
    expect(await convex("env", "list")).toMatch(/CONFORMANCE_SECRET=s3cret/);
    expect(await convex("env", "get", "CONFORMANCE_SECRET")).toMatch(/s3cret/);
    expect(await convex("run", "messages:secret")).toMatch(/s3cret/);
    await convex("env", "remove", "CONFORMANCE_SECRET");
    expect(await convex("env", "list")).not.toMatch(/CONFORMANCE_SECRET/);
    expect((await app.project.run("env", "set", "1BAD", "x")).code).not.toBe(0);
  });
  it("logs shows what functions printed and how they failed", async () => {
    await app.project.run("run", "messages:crash");
    const output = await app.project.watch(["logs", "--history"], /on purpose/);
    expect(output).toMatch(/messages:crash/);
  });
  it("logs are streamed", async () => {
    const response = await fetch(
      `${app.backend.url}/api/stream_function_logs?cursor=0`,
      {
        headers: { authorization: `Convex ${app.backend.adminKey}` },
      },
    );
    const { entries } = (await response.json()) as {
      entries: { identifier: string }[];
    };
    expect(entries.map(({ identifier }) => identifier)).toContain(
      "messages:send",
    );
  });
  it("function-spec lists functions", async () => {
    expect(await convex("function-spec")).toMatch(/messages.js:send/);
  });
  it("codegen writes types and changes nothing", async () => {
    await convex("codegen");
    expect(
      existsSync(join(app.project.folder, "convex/_generated/api.d.ts")),
    ).toBe(true);
  });
  it("dev --once pushes", async () => {
    app.project.edit(
      "convex/messages.ts",
      (text) => `${text}\nexport const fresh = query(() => "fresh");\n`,
    );
    await convex("dev", "--once");
    expect(await convex("run", "messages:fresh")).toMatch(/fresh/);
  });
  it("deploy builds a new index over what is there", async () => {
    app.project.edit("convex/schema.ts", (text) =>
      text.replace(
        '.index("by_author", ["author"])',
        '.index("by_author", ["author"]).index("by_body", ["body"])',
      ),
    );
    expect(await convex("deploy")).toMatch(/messages.by_body/);
  });
  it("deploy refuses a schema that documents break, and the old code stays", async () => {
    app.project.edit("convex/schema.ts", (text) =>
      text.replace("body: v.string()", "body: v.number()"),
    );
    const { code, output } = await app.project.run(
      "deploy",
      "--typecheck",
      "disable",
    );
    expect(code).not.toBe(0);
    expect(output).toMatch(/does not match the schema/);
    expect(await convex("run", "messages:fresh")).toMatch(/fresh/);
  });
}, 60_000);

describe("the process", () => {
  const start = async (...flags: string[]) => {
    const child = spawnMain(flags);
    let output = "";
    child.stderr?.on(
      "data",
      (chunk: Buffer) => (output += chunk.toString("utf8")),
    );
    const [code] = (await once(child, "exit")) as [number];
    return { code, output };
  };
  it("says which port is taken", async () => {
    const port = new URL(app.backend.url).port;
    const folder = join(app.project.folder, "other-data");
    const { code, output } = await start(
      "--port",
      port,
      "--site-port",
      String(await freePort()),
      "--data",
      folder,
    );
    expect([code, output]).toEqual([
      1,
      expect.stringMatching(/^Port \d+ is already in use/),
    ]);
  });
  it("says when the data belongs to a running backend", async () => {
    const { code, output } = await start(
      "--data",
      app.backend.dataFolder,
      "--port",
      String(await freePort()),
    );
    expect([code, output]).toEqual([
      1,
      expect.stringMatching(/already open in another process/),
    ]);
  });
  it("says when the database is not one", async () => {
    const folder = app.project.folder;
    writeFileSync(
      join(folder, "database.sqlite"),
      "not a database, surely".repeat(100),
    );
    const { code, output } = await start(
      "--data",
      folder,
      "--port",
      String(await freePort()),
    );
    expect([code, output]).toEqual([
      1,
      expect.stringMatching(/not a database/),
    ]);
  });
  it("keeps the admin key to its owner", () => {
    const file = join(app.backend.dataFolder, "admin-key");
    expect(readFileSync(file, "utf8")).toMatch(/^lockstep\|[0-9a-f]{64}\n$/);
    chmodSync(file, 0o600);
  });
});
