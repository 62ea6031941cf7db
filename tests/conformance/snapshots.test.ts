import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ConvexClient, ConvexHttpClient } from "convex/browser";
import { makeFunctionReference } from "convex/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readZip } from "../../embedded/deploy/snapshots/testing/read-zip";
import { ConvexProject } from "../support/convex-project";
import { startBackend, type RunningBackend } from "../support/start-backend";
import { deployApp, eventually, type DeployedApp } from "./deployed-app";

const query = (name: string) => makeFunctionReference<"query">(name);
const mutation = (name: string) => makeFunctionReference<"mutation">(name);
const folder = mkdtempSync(join(tmpdir(), "snapshots-"));
const file = (name: string, text?: string) => {
  const path = join(folder, name);
  if (text !== undefined) writeFileSync(path, text);
  return path;
};

let app: DeployedApp;
let fresh: RunningBackend;
let other: ConvexProject;
beforeAll(async () => {
  app = await deployApp();
  fresh = await startBackend();
  other = new ConvexProject(
    fileURLToPath(new URL("./app", import.meta.url)),
    fresh,
  );
}, 120_000);
afterAll(async () => {
  await fresh.stop();
  await app.stop();
  other.remove();
  rmSync(folder, { recursive: true });
});

const convex = (...args: string[]) => app.project.succeed(...args);

async function linesIn(zipPath: string): Promise<Map<string, string[]>> {
  const entries = await readZip(readFileSync(zipPath));
  return new Map(
    [...entries].map(([path, bytes]) => [
      path,
      bytes.toString("latin1").split("\n").filter(Boolean),
    ]),
  );
}

/** Writes one after the other as fast as it can until stopped; gives how many. */
function writeSteadily(client: ConvexHttpClient) {
  let isStopped = false;
  const written = (async () => {
    let n = 0;
    for (; !isStopped; n++)
      await client.mutation(mutation("messages:send"), {
        author: "load",
        body: `${n}`,
      });
    return n;
  })();
  return {
    stop: () => {
      isStopped = true;
      return written;
    },
  };
}

async function upload(client: ConvexHttpClient, text: string, type: string) {
  const url = (await client.mutation(
    mutation("files:uploadUrl"),
    {},
  )) as string;
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": type },
    body: text,
  });
  return ((await response.json()) as { storageId: string }).storageId;
}

describe("npx convex export and import", () => {
  it("move everything into an empty deployment, from one that is being written to", async () => {
    const client = new ConvexHttpClient(app.backend.url, { logger: false });
    await convex(
      "import",
      "--table",
      "specials",
      file(
        "specials.jsonl",
        [
          '{"n":1,"int":{"$integer":"/////////38="},"bytes":{"$bytes":"AP8="}}',
          '{"float":{"$float":"AAAAAAAA+H8="},"zero":{"$float":"AAAAAAAAAIA="},"nested":{"list":[null,true,"ü"]}}',
        ].join("\n"),
      ),
    );
    const fileId = await upload(client, "stored text", "text/plain");
    await client.mutation(mutation("limits:take"), {});
    const load = writeSteadily(client);
    await convex(
      "export",
      "--include-file-storage",
      "--path",
      file("first.zip"),
    );
    const written = await load.stop();
    const first = await linesIn(file("first.zip"));
    const bodies = (first.get("messages/documents.jsonl") ?? []).map((line) =>
      Number((JSON.parse(line) as { body: string }).body),
    );
    // Written one after the other: a consistent state holds all up to some number.
    expect(bodies.sort((a, b) => a - b)).toEqual(bodies.map((_, n) => n));
    expect(written).toBeGreaterThan(bodies.length);
    expect(first.get(`_storage/${fileId}.txt`)).toEqual(["stored text"]);
    expect([...first.keys()].join()).toMatch(
      /_components\/rateLimiter\/_components\//,
    );

    await other.succeed("import", "--yes", file("first.zip"));
    await other.succeed(
      "env",
      "set",
      "CONFORMANCE_JWKS",
      "data:application/json,{}",
    );
    await other.succeed("deploy");
    await other.succeed(
      "export",
      "--include-file-storage",
      "--path",
      file("second.zip"),
    );
    const second = await linesIn(file("second.zip"));
    // Crons of the fixture write to this table all the time.
    for (const zip of [first, second]) zip.delete("ticks/documents.jsonl");
    for (const [path, lines] of first)
      expect([path, second.get(path)]).toEqual([path, lines]);
    const restored = new ConvexHttpClient(fresh.url, { logger: false });
    const url = (await restored.query(query("files:url"), {
      id: fileId,
    })) as string;
    expect(url).toBe(
      (
        (await client.query(query("files:url"), { id: fileId })) as string
      ).replace(app.backend.url, fresh.url),
    );
    expect(await (await fetch(url)).text()).toBe("stored text");
    expect(await restored.mutation(mutation("limits:take"), {})).toBe(true);
  }, 180_000);

  it("import CSV, JSON lines and one JSON array", async () => {
    await convex(
      "import",
      "--table",
      "rows",
      file("rows.csv", "name,score\nada,1.5\nbob,x\n"),
    );
    await convex(
      "import",
      "--table",
      "rows",
      "--append",
      file("rows.json", '[{"name":"cy"}]'),
    );
    await convex(
      "import",
      "--table",
      "rows",
      "--append",
      "--format",
      "jsonLines",
      file("rows.jsonl", '\ufeff{"name":"dee"}\n'),
    );
    const output = await convex("data", "rows", "--order", "asc");
    expect(output.match(/\b(?:ada|bob|cy|dee)\b/g)).toEqual([
      "ada",
      "bob",
      "cy",
      "dee",
    ]);
    expect(output).toMatch(/1\.5/);
  }, 60_000);

  it("refuse a table that has documents, and what breaks the schema, leaving everything as it was", async () => {
    const rows = file("more.jsonl", '{"name":"eve"}\n');
    const taken = await app.project.run("import", "--table", "rows", rows);
    expect([taken.code, taken.output]).toEqual([
      1,
      expect.stringMatching(
        /Table rows already exists. Please choose a new table name or use replace\/append modes/,
      ),
    ]);
    const wrong = file(
      "wrong.jsonl",
      '{"author":"ok","body":"ok"}\n{"author":"no body"}\n',
    );
    const broken = await app.project.run(
      "import",
      "--table",
      "messages",
      "--append",
      wrong,
    );
    expect([broken.code, broken.output]).toEqual([
      1,
      expect.stringMatching(/does not match the schema/),
    ]);
    expect(
      await convex("data", "messages", "--limit", "1", "--order", "desc"),
    ).not.toMatch(/"ok"/);
  }, 60_000);

  it("show what a replacement deletes, and live queries see it at once", async () => {
    const client = new ConvexClient(app.backend.url, { logger: false });
    const counts: number[] = [];
    client.onUpdate(query("messages:list"), {}, (list: unknown[]) =>
      counts.push(list.length),
    );
    await eventually(() => counts.length > 0);
    const two = file(
      "two.jsonl",
      '{"author":"a","body":"1"}\n{"author":"a","body":"2"}\n',
    );
    const output = await convex(
      "import",
      "--table",
      "messages",
      "--replace",
      "--yes",
      two,
    );
    expect(output).toMatch(/messages +\| 2 +\| \d+/);
    expect(output).toMatch(/Added 2 documents/);
    await eventually(() => counts.at(-1) === 2);
    await client.close();
  }, 60_000);

  it("reach one component's tables", async () => {
    const rows = file("component.jsonl", '{"n":1}\n');
    await convex(
      "import",
      "--table",
      "extra",
      "--component",
      "rateLimiter",
      rows,
    );
    expect(await convex("data", "extra", "--component", "rateLimiter")).toMatch(
      /_id/,
    );
    expect(await convex("data")).not.toMatch(/extra/);
  }, 60_000);

  it("keep what was imported over a restart, and export into a folder", async () => {
    await app.backend.restart();
    expect(await convex("data", "rows")).toMatch(/ada/);
    await convex("export", "--path", folder);
  }, 60_000);
});
