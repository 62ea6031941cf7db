/**
 * The value of a secret reaches whoever is asked, and nobody else: every place where what was sent, or what came back, is
 * kept or shown has the mask. At the end the whole database is looked through.
 */
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { Asked } from "../../tests/support/answering-server";
import { json } from "../../tests/support/answering-server";
import type { RunId } from "../../tests/support/executor/executor-harness";
import { present } from "../../tests/support/executor/present";
import { useExecutor } from "../../tests/support/executor/use-executor";
import { api, internal } from "../_generated/api";
import type { TableNames } from "../_generated/dataModel";
import schema from "../schema";
import { secretForms } from "../steps/secretForms";

const executor = useExecutor();

/** With letters that addresses, JSON, HTML and headers write in other ways. */
const KEY = `S3cr/et+K&y"z 9='Q`;
/** As part of the name of a host. */
const HOST = "HookToken4711";
const PIN = "73951846";
const VALUES = { KEY, HOST, PIN };
const MASK = "•••••";

beforeAll(async () => {
  // Where there is no deployment that has one.
  vi.stubEnv("SECRETS_KEY", Buffer.alloc(32, 7).toString("base64"));
  const { client, organizationId } = executor;
  for (const [name, value] of Object.entries(VALUES))
    await client.action(api.secrets.set, { organizationId, name, value });
});

/** Whatever was sent comes back in every way that a server may answer with it, and to some, what others have sent. */
function echo(asked: Asked): Record<string, unknown> {
  const { method, path, headers, body } = asked;
  const decoded = decodeURIComponent(path);
  const told = path === "/told" ? { by: KEY } : {};
  return { method, path, headers, body, decoded, told };
}

const once = "retry: { maxAttempts: 1 }";
const REQUEST = `({
  method: "POST",
  url: \`$server/\${secret("KEY")}?a=1\`,
  query: { key: secret("KEY") },
  headers: { authorization: \`Bearer \${secret("KEY")}\`, "x-key": secret("KEY") },
  json: { key: secret("KEY"), pin: secret("PIN"), [\`a\`]: [\`in \${secret("KEY")} text\`] },
})`;
const CALL = `.http("call", { request: () => ${REQUEST}, ${once} })`;
const ACT = `.action("act", async ({ secrets, log, stream, fetch }) => {
  const key = await secrets.get("KEY");
  log("the key", key); console.error(JSON.stringify({ key })); log(encodeURIComponent(key));
  for (const letter of "streamed: " + key + ".") stream(letter);
  const answer = await fetch("$server/act?key=" + encodeURIComponent(key), { method: "POST", headers: { "x-key": key }, body: key });
  return { key, [key]: 1, list: [key + key], json: JSON.stringify({ key }), answer: await answer.text() };
}, { ${once} })`;

/** They ask for no secret, and are told one. */
const TOLD_CALL = `.http("toldCall", { request: () => ({ url: "$server/told" }), ${once} })`;
const TOLD_ACT = `.action("toldAct", async ({ log, stream, fetch }) => {
  const answer = await (await fetch("$server/told")).text();
  log(answer); stream(answer);
  return answer;
}, { ${once} })`;

async function toldIn(runId: RunId): Promise<unknown[]> {
  const acted = await executor.step(runId, "toldAct");
  return [
    await stepValue(runId, "toldCall"),
    await stepValue(runId, "toldAct"),
    await executor.lines(acted),
    await executor.streamed(acted),
  ];
}

async function slugOf(chain: string): Promise<string> {
  const workflowId = await executor.publish(chain);
  const known = await executor.client.query(api.workflows.get, { workflowId });
  return present(known).slug;
}

async function done(chain: string): Promise<RunId> {
  executor.server.answer = (asked, response) => json(response, echo(asked));
  const runId = await executor.publishAndStart(chain);
  await executor.untilEnded(runId);
  return runId;
}

const stepValue = async (runId: RunId, key: string) =>
  await executor.value((await executor.step(runId, key)).output);

/** A run that waits for a person, with what was sent in what that person sees. */
async function asking(): Promise<RunId> {
  executor.server.answer = (asked, response) => json(response, echo(asked));
  const runId = await executor.publishAndStart(`()${ACT}
    .approval("boss", { title: ({ steps }) => "Use " + steps.act.key, details: ({ steps }) => steps.act, form: z.object({ note: z.string() }) })`);
  await executor.untilRun(runId, ({ state }) => state.kind === "waiting");
  return runId;
}

/** Two steps that have no answer yet when a third one beside them asks for the secret; then they are told. */
async function toldBeside(): Promise<unknown[]> {
  const { client, organizationId, server } = executor;
  let isSent = false;
  server.answer = async (asked, response) => {
    if (asked.path !== "/told") isSent = true;
    else await server.until(() => isSent);
    json(response, echo(asked));
  };
  const runId = await executor.publishAndStart(`().parallel("p", {
    a: (flow) => flow${TOLD_CALL}, b: (flow) => flow${TOLD_ACT},
    c: (flow) => flow.waitForEvent("go", { event: "secret.go" })${CALL},
  })`);
  await server.until(() => server.open === 2);
  const event = { organizationId, name: "secret.go", data: "{}" };
  await client.mutation(api.events.send, event);
  expect((await executor.untilEnded(runId)).state.kind).toBe("completed");
  const acted = await executor.step(runId, "p/b/toldAct");
  return [
    await stepValue(runId, "p/a/toldCall"),
    await stepValue(runId, "p/b/toldAct"),
    await executor.lines(acted),
    await executor.streamed(acted),
  ];
}

/** A whole place: how it comes about, and what can be read there. */
type Place = [string, () => Promise<unknown>];

const failing = (step: string) => async () => {
  const runId = await done(`()${step}`);
  const { state, error } = await executor.run(runId);
  expect(state.kind).toBe("failed");
  const [row] = (await executor.steps(runId)).values();
  const attempts = await executor.attempts(present(row));
  const events = await executor.client.query(api.runEvents.list, {
    runId,
    paginationOpts: { numItems: 1_000, cursor: null },
  });
  return { state, error, row, attempts, events };
};

const PLACES: Place[] = [
  [
    "the answer to an http step",
    async () => await stepValue(await done(`()${CALL}`), "call"),
  ],
  [
    "the preview of an output",
    async () => (await executor.step(await done(`()${ACT}`), "act")).output,
  ],
  [
    "the output of an action",
    async () => await stepValue(await done(`()${ACT}`), "act"),
  ],
  [
    "the log of an action",
    async () =>
      await executor.lines(await executor.step(await done(`()${ACT}`), "act")),
  ],
  [
    "what an action streams",
    async () => {
      const step = await executor.step(await done(`()${ACT}`), "act");
      const chunks = await executor.streamed(step);
      return chunks.map(({ text }) => text).join("");
    },
  ],
  [
    "the output of a run",
    async () =>
      await executor.outputOf(
        await done(`()${CALL}${ACT}.output(({ steps }) => steps)`),
      ),
  ],
  [
    "the input and output of a run inside",
    async () => {
      const slug = await slugOf(
        `().code("same", ({ input }) => input).output(({ steps }) => steps.same)`,
      );
      const runId = await done(
        `()${ACT}.run("inner", { workflow: "${slug}", input: ({ steps }) => steps.act })`,
      );
      const step = await executor.step(runId, "inner");
      return [
        await executor.value(step.input),
        await stepValue(runId, "inner"),
      ];
    },
  ],
  [
    "what later steps are told that ask for none",
    async () => toldIn(await done(`()${CALL}${TOLD_CALL}${TOLD_ACT}`)),
  ],
  [
    "what later steps are told, after an action has asked for it",
    async () => toldIn(await done(`()${ACT}${TOLD_CALL}${TOLD_ACT}`)),
  ],
  ["what steps are told that began before another one asks for it", toldBeside],
  [
    "what the steps of a run inside are told",
    async () => {
      const slug = await slugOf(
        `()${TOLD_CALL}${TOLD_ACT}.output(({ steps }) => steps)`,
      );
      const runId = await done(
        `()${CALL}.run("inner", { workflow: "${slug}", input: () => ({}) })`,
      );
      const { childRun } = await executor.step(runId, "inner");
      return [
        await stepValue(runId, "inner"),
        ...(await toldIn(present(childRun).runId)),
      ];
    },
  ],
  [
    "what steps are told after a run inside has asked for it",
    async () => {
      const slug = await slugOf(`()${ACT}`);
      return toldIn(
        await done(
          `().run("inner", { workflow: "${slug}", input: () => ({}) })${TOLD_CALL}${TOLD_ACT}`,
        ),
      );
    },
  ],
  [
    "what the steps of a replay are told that begins after the one that asked for it",
    async () => {
      const runId = await done(`()${CALL}${TOLD_CALL}${TOLD_ACT}`);
      const { runId: again } = await executor.client.mutation(
        api.workflowRuns.replay,
        { runId, version: "original", fromStep: "toldCall" },
      );
      await executor.untilEnded(again);
      return toldIn(again);
    },
  ],
  [
    "what a person is asked to approve",
    async () => {
      const runId = await asking();
      const rows = (await executor.table("approvals")).filter(
        (row) => row.runId === runId,
      );
      const step = await executor.step(runId, "boss");
      const { state } = await executor.run(runId);
      await executor.client.mutation(api.workflowRuns.cancel, { runId });
      return [rows, step, await executor.value(step.input), state];
    },
  ],
  [
    "a replay from a later step",
    async () => {
      const runId = await done(
        `()${CALL}${ACT}.code("last", ({ steps }) => steps.act)`,
      );
      const { runId: again } = await executor.client.mutation(
        api.workflowRuns.replay,
        { runId, version: "original", fromStep: "last" },
      );
      await executor.untilEnded(again);
      return [await stepValue(again, "call"), await stepValue(again, "last")];
    },
  ],
  [
    "a test run of a draft",
    async () => {
      const workflowId = await executor.publish(`()${CALL}${ACT}`);
      const started = await executor.client.mutation(api.testRuns.start, {
        workflowId,
        input: "{}",
      });
      if (started.kind !== "started") throw new Error("the test was refused");
      await executor.untilEnded(started.runId);
      return [
        await stepValue(started.runId, "call"),
        await stepValue(started.runId, "act"),
      ];
    },
  ],
  [
    "the error that an action throws, and its cause",
    failing(
      `.action("act", async ({ secrets }) => { const key = await secrets.get("KEY"); throw new Error("no: " + key, { cause: new Error(key) }); }, { ${once} })`,
    ),
  ],
  [
    "the error about an address that is none",
    failing(
      `.http("call", { request: () => ({ url: \`not an address \${secret("KEY")}\` }), ${once} })`,
    ),
  ],
  [
    "the error about an address that is none, which is cut short in the middle of the value",
    failing(
      `.http("call", { request: () => ({ url: \`\${"n ".repeat(96)}\${secret("KEY")}\` }), ${once} })`,
    ),
  ],
  [
    "the error about a header that cannot be sent",
    failing(
      `.http("call", { request: () => ({ url: \`$server/\${secret("PIN")}\`, headers: { "x-key": \`\${secret("KEY")}\\n.\` } }), ${once} })`,
    ),
  ],
  [
    "the error about an address with credentials",
    failing(
      `.http("call", { request: () => ({ url: \`http://me:\${secret("PIN")}@127.0.0.1:1/\` }), ${once} })`,
    ),
  ],
  [
    "the error about a host that nobody knows",
    failing(
      `.http("call", { request: () => ({ url: \`https://\${secret("HOST")}.invalid/\` }), ${once} })`,
    ),
  ],
  [
    "the error about an answer that does not match its schema",
    failing(
      `.http("call", { request: () => ${REQUEST}, response: z.object({ body: z.literal("other") }), ${once} })`,
    ),
  ],
];

describe("the value of a secret", () => {
  it.each(PLACES)("is masked in %s", async (_place, found) => {
    const text = JSON.stringify(await found());
    expect(text).toContain(MASK);
    expect(leaksIn(text)).toEqual([]);
  });

  it.each([20, 290, 292, 295, 297])(
    "is masked in the error of an answer that says no, %i characters into it",
    async (before) => {
      executor.server.answer = ({ headers }, response) => {
        response.writeHead(500, { "content-type": "text/plain" });
        response.end("n".repeat(before) + String(headers["x-key"]));
      };
      const runId = await executor.publishAndStart(`()${CALL}`);
      const { error } = await executor.untilEnded(runId);
      expect(error?.code).toBe("http_status");
      expect(leaksIn(JSON.stringify(error))).toEqual([]);
    },
  );

  it("stands as its name in the request of a step", async () => {
    const runId = await done(`()${CALL}`);
    const { input } = await executor.step(runId, "call");
    const text = JSON.stringify(await executor.value(input));
    expect(text).toContain('{"$secret":"KEY"}');
    expect(leaksIn(text)).toEqual([]);
  });

  it("does reach whoever is asked", async () => {
    await done(`()${CALL}`);
    const [asked] = executor.server.asked;
    const { headers, body, path } = present(asked);
    expect(headers["x-key"]).toBe(KEY);
    expect(JSON.parse(body)).toMatchObject({ key: KEY, pin: PIN });
    expect(new URL(path, "http://x").searchParams.get("key")).toBe(KEY);
  });

  it("is in no type that the editor shows", async () => {
    const { organizationId } = executor;
    await executor.system.action(internal.editorTypes.lookAtAll, {
      organizationId,
    });
    const seen = await executor.table("observations");
    expect(seen.length).toBeGreaterThan(0);
    for (const { _id: workflowId } of await executor.table("workflows")) {
      const types = await executor.client.query(api.editorTypes.get, {
        workflowId,
      });
      expect(leaksIn(present(types))).toEqual([]);
    }
  });

  it("is in no list of secrets, no row and no file", async () => {
    const { client, organizationId } = executor;
    const listed = await client.query(api.secrets.list, { organizationId });
    expect(leaksIn(JSON.stringify(listed))).toEqual([]);
    const tables = Object.keys(schema.tables) as TableNames[];
    for (const table of tables)
      expect(
        leaksIn(JSON.stringify(await executor.table(table))),
        table,
      ).toEqual([]);
    for (const { _id: payloadId } of await executor.table("payloads")) {
      const payload = { id: payloadId, bytes: 0, type: "", preview: "" };
      const value = await executor.value(payload);
      expect(leaksIn(JSON.stringify(value))).toEqual([]);
    }
  });
});

/** A text that was cut short may have no more; digits alone could be any number. */
function beginnings(value: string): string[] {
  const beginning = value.slice(0, 6);
  return /^\d+$/.test(value) ? [] : [beginning, beginning.toLowerCase()];
}

/** Names of secrets whose values are in a text, in whatever form. */
function leaksIn(text: string): string[] {
  return Object.entries(VALUES)
    .filter(([, value]) =>
      [...secretForms(value), ...beginnings(value)].some(
        (form) =>
          text.includes(form) ||
          text.includes(JSON.stringify(form).slice(1, -1)),
      ),
    )
    .map(([name]) => name);
}
