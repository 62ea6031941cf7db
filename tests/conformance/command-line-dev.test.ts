import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deployApp, type DeployedApp } from "./deployed-app";

let app: DeployedApp;
beforeAll(async () => {
  app = await deployApp();
  for (const body of ["one", "two", "three"])
    await convex(
      "run",
      "messages:send",
      JSON.stringify({ author: "cli", body }),
    );
}, 120_000);
afterAll(() => app.stop());

/** Types are the command line's own affair, and take long. */
const UNCHECKED = ["--typecheck", "disable"];

const convex = (...args: string[]) => app.project.succeed(...args);
const failing = async (...args: string[]) => {
  const { code, output } = await app.project.run(...args);
  expect(code).not.toBe(0);
  return output;
};

describe("npx convex run", () => {
  const inline = (source: string, ...flags: string[]) =>
    app.project.run("run", "--inline-query", source, ...flags);

  it("--inline-query evaluates expressions, statements and modules", async () => {
    expect(
      (await inline('await ctx.db.query("messages").take(1)')).output,
    ).toMatch(/"body": "one"/);
    const statements =
      'const all = await ctx.db.query("messages").collect();\nconsole.log("seen", all.length);\nreturn all.length;';
    expect((await inline(statements)).output).toMatch(/^3\n\[LOG\] 'seen' 3/);
    const module =
      "export default query({ handler: async (ctx) => ({ big: 5n }) })";
    expect((await inline(module)).output).toMatch(/\$integer/);
  });
  it("--inline-query can only read, and says what is wrong", async () => {
    const writing = await inline(
      'await ctx.db.insert("messages", { author: "x", body: "y" })',
    );
    expect([writing.code, writing.output]).toEqual([
      1,
      expect.stringMatching(/is not a function/),
    ]);
    const broken = await inline("return return");
    expect([broken.code, broken.output]).toEqual([
      1,
      expect.stringMatching(/InvalidModules/),
    ]);
  });
  it("--inline-query --component reads a component's tables", async () => {
    await convex("run", "limits:take");
    const { output } = await inline(
      '(await ctx.db.query("rateLimits").collect()).length',
      "--component",
      "rateLimiter",
    );
    expect(output).toMatch(/^\d+$/m);
    expect((await inline("1", "--component", "nowhere")).output).toMatch(
      /Available components:[^]*rateLimiter/,
    );
  });
  it("--component calls a component's functions", async () => {
    const output = await failing(
      "run",
      "nothing:here",
      "--component",
      "rateLimiter",
    );
    expect(output).toMatch(/Available functions:[^]*clearAll/);
    await convex("run", "lib:clearAll", "{}", "--component", "rateLimiter");
  });
  it("--watch shows each new result", async () => {
    const watching = app.project.start("run", "--watch", "messages:count");
    await watching.printed(/\b3\b/);
    await convex("run", "messages:deliver", '{"body":"four"}');
    await watching.printed(/\b4\b/);
    watching.stop();
  });
  it("--push pushes first", async () => {
    app.project.edit(
      "convex/users.ts",
      (text) => `${text}\nexport const pushed = query(() => "by run");\n`,
    );
    expect(await convex("run", "--push", ...UNCHECKED, "users:pushed")).toMatch(
      /by run/,
    );
  });
}, 60_000);

describe("npx convex data", () => {
  it("orders and limits, and prints JSON", async () => {
    const newest = await convex(
      "data",
      "messages",
      "--limit",
      "2",
      "--format",
      "jsonl",
    );
    expect(newest.match(/"body":\s*"(\w+)"/g)).toHaveLength(2);
    expect(newest).not.toMatch(/"one"/);
    const oldest = await convex(
      "data",
      "messages",
      "--limit",
      "1",
      "--order",
      "asc",
    );
    expect(oldest).toMatch(/"one"[^]*Showing the 1 oldest/);
  });
  it("has the shapes of tables, which the MCP server asks for", async () => {
    const response = await fetch(`${app.backend.url}/api/shapes2`, {
      headers: { authorization: `Convex ${app.backend.adminKey}` },
    });
    expect(await response.json()).toMatchObject({
      messages: { type: "Object" },
      ticks: { type: "Object" },
    });
  });
  it("shows system tables and those of components", async () => {
    await convex("run", "messages:sendLater", '{"body":"later"}');
    expect(await convex("data", "_scheduled_functions")).toMatch(
      /messages.js:deliver/,
    );
    expect(await convex("data", "_storage")).toMatch(/no documents/);
    expect(await convex("data", "--component", "rateLimiter")).toMatch(
      /rateLimits/,
    );
  });
}, 60_000);

describe("npx convex env", () => {
  it("sets many from a file or piped, and does not overwrite by accident", async () => {
    const file = join(app.project.folder, "defaults.env");
    writeFileSync(file, 'FROM_FILE=first\nQUOTED="a b"\n');
    await convex("env", "set", "--from-file", file);
    expect(
      (await app.project.runWith("secret value", "env", "set", "PIPED")).code,
    ).toBe(0);
    expect(
      (await app.project.runWith("FROM_FILE=second\n", "env", "set")).output,
    ).toMatch(/FROM_FILE/);
    expect(await convex("env", "list")).toMatch(
      /FROM_FILE=first[^]*PIPED=.?secret value.?[^]*QUOTED=.?a b/,
    );
    expect(
      (await app.project.runWith("FROM_FILE=second\n", "env", "set", "--force"))
        .code,
    ).toBe(0);
    expect(await convex("env", "get", "FROM_FILE")).toMatch(/second/);
  });
  it("names the rule that a name or value breaks", async () => {
    expect(await failing("env", "set", "LONG", "x".repeat(8193))).toMatch(
      /EnvironmentVariableValueTooLarge|larger than/,
    );
  });
}, 60_000);

describe("npx convex logs", () => {
  it("streams what functions print and, asked to, every success, as text and as JSON", async () => {
    const text = app.project.start("logs", "--success");
    const json = app.project.start("logs", "--jsonl", "--history", "1");
    await Promise.all([text.printed(/Watching logs/), json.printed(/"kind"/)]);
    await convex("run", "messages:send", '{"author":"cli","body":"logged"}');
    expect(await text.printed(/sending.*'logged'/)).toMatch(
      /M\(messages:send\)/,
    );
    expect(await json.printed(/logged/)).toMatch(
      /"identifier":"messages:send"/,
    );
    text.stop();
    json.stop();
  });
}, 60_000);

describe("npx convex deploy", () => {
  it("--dry-run changes nothing", async () => {
    app.project.edit(
      "convex/users.ts",
      (text) => `${text}\nexport const dry = query(() => 1);\n`,
    );
    await convex("deploy", "--dry-run", ...UNCHECKED);
    expect(await failing("run", "users:dry")).toMatch(
      /Could not find function/,
    );
  });
  it("--cmd runs a build that knows the URL", async () => {
    await convex(
      "deploy",
      ...UNCHECKED,
      "--cmd",
      `node -e "require('fs').writeFileSync('built', process.env.CONVEX_URL)"`,
    );
    expect(readFileSync(join(app.project.folder, "built"), "utf8")).toBe(
      app.backend.url,
    );
    expect(await convex("run", "users:dry")).toMatch(/1/);
  });
  it("names modules that fail to load, and where", async () => {
    const path = join(app.project.folder, "convex/broken.ts");
    writeFileSync(path, 'throw new Error("at import");\nexport {};\n');
    expect(await failing("deploy", ...UNCHECKED)).toMatch(
      /InvalidModules[^]*at import/,
    );
    writeFileSync(path, "export {};\n");
  });
}, 60_000);

describe("commands of Convex's cloud", () => {
  it("say so at once", async () => {
    const { output } = await app.project.run("dashboard");
    expect(output).toMatch(/not supported for self-hosted/);
  });
});

describe("npx convex dev", () => {
  it("pushes each change, waits for documents that break the schema, and goes on when they are gone", async () => {
    const dev = app.project.start(
      "dev",
      "--tail-logs",
      "disable",
      ...UNCHECKED,
    );
    await dev.printed(/functions ready/);
    app.project.edit(
      "convex/users.ts",
      (text) => `${text}
export const watched = query(() => "by dev");
`,
    );
    await dev.printed(/functions ready/);
    expect(await convex("run", "users:watched")).toMatch(/by dev/);

    const schema = join(app.project.folder, "convex/schema.ts");
    const before = readFileSync(schema, "utf8");
    writeFileSync(
      schema,
      before.replace("author: v.string()", 'author: v.literal("kept")'),
    );
    await dev.printed(/does not match the schema/);
    await convex(
      "import",
      "--table",
      "messages",
      "--replace",
      "--yes",
      jsonLines('{"author":"kept","body":"1"}'),
    );
    await dev.printed(/functions ready/);
    dev.stop();
    expect(await convex("run", "messages:count")).toMatch(/1/);
  });
}, 120_000);

function jsonLines(text: string): string {
  const path = join(app.project.folder, "rows.jsonl");
  writeFileSync(path, text);
  return path;
}
