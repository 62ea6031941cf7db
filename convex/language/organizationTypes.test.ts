import { describe, expect, it } from "vitest";
import {
  completionsIn,
  typeErrors,
} from "../../tests/support/language/check-types";
import type { Json } from "./evaluation";
import {
  MAX_TYPES_CHARS,
  organizationTypes,
  type OrganizationTypes,
} from "./organizationTypes";
import { mergeAll, shapeOf } from "./shapes";
import type { Seen } from "./shapeType";

function seen(...values: Json[]): Seen {
  const shape = mergeAll(values.map((value) => shapeOf(value)));
  if (shape === null) throw new Error("no values");
  return { times: values.length, shape };
}

const NOTHING: OrganizationTypes = {
  secrets: [],
  events: [],
  workflows: [],
  steps: [],
};
const types = (given: Partial<OrganizationTypes>) =>
  organizationTypes({ ...NOTHING, ...given });
const flow = (steps: string) =>
  `import { workflow, z, secret } from "lockstep";\nexport default workflow()${steps};`;

const STEPS: OrganizationTypes["steps"] = [
  { path: "", seen: seen({ order: { id: 7 } }) },
  {
    path: "fetchUser",
    seen: seen(
      { id: 1, name: "Ada", nick: null },
      { id: 2, name: "Bo", tags: ["x"] },
    ),
  },
  { path: "notify/send mail", seen: seen({ sent: true }) },
  { path: "route/gold/perk", seen: seen({ lounge: "A" }) },
  { path: "parsed", seen: seen([{ total: 3 }]) },
];

const FLOW = `
  .http("fetchUser", { request: ({ input }) => ({ url: "u" + input.order.id.toFixed() }) })
  .code("parsed", ({ steps }) => JSON.parse(steps.fetchUser.body.name))
  .loop("notify", { times: 2, do: (f) => f.http("send mail", { request: () => ({ url: "u" }) }) })
  .switch("route", { on: () => "gold", cases: { gold: (f) => f.http("perk", { request: () => ({ url: "u" }) }) } })`;

describe("what was seen in runs", () => {
  it("types the steps whose output the code does not tell, wherever they are", () => {
    const source = flow(`${FLOW}
      .code("read", ({ input, steps }) => [
        input.order.id.toFixed(), steps.fetchUser.body.name.trim(), steps.fetchUser.body.tags?.[0]?.trim(),
        steps.notify[0]?.body.sent.valueOf(), steps.route.branch === "gold" && steps.route.result.body.lounge.trim(),
        steps.parsed[0]?.total.toFixed(), steps.fetchUser.body.nick?.whatever, steps.fetchUser.body.neverSeen.at.all,
      ])`);
    expect(typeErrors(source, types({ steps: STEPS }))).toEqual([]);
    expect(typeErrors(source)).toEqual([]);
  }, 30_000);

  it.each([
    [`steps.fetchUser.body.name.toFixed()`, /toFixed/],
    [`steps.fetchUser.body.tags.length`, /undefined/],
    [`steps.notify[0].body.sent.trim()`, /trim|undefined/],
    [`steps.parsed[0]!.total.trim()`, /trim/],
  ])(
    "finds the mistake in %s",
    (code, message) => {
      const source = flow(`${FLOW}.code("read", ({ steps }) => ${code})`);
      expect(typeErrors(source, types({ steps: STEPS })).join()).toMatch(
        message,
      );
    },
    30_000,
  );

  it("completes with the fields, and says in how many runs they were seen", () => {
    const source = flow(
      `${FLOW}.code("read", ({ steps }) => steps.fetchUser.body./*here*/)`,
    );
    const offered = completionsIn(source, types({ steps: STEPS }));
    expect(Object.fromEntries(offered)).toEqual({
      id: "Seen in 2 runs.",
      name: "Seen in 2 runs.",
      nick: "Seen in 2 runs. In 1 of 2 values.",
      tags: "Seen in 2 runs. In 1 of 2 values.",
    });
  }, 30_000);

  it("gives way to a schema", () => {
    const source = flow(
      `.http("fetchUser", { request: () => ({ url: "u" }), response: z.object({ name: z.number() }) }).code("read", ({ steps }) => steps.fetchUser.body.name.toFixed())`,
    );
    expect(typeErrors(source, types({ steps: STEPS }))).toEqual([]);
  }, 30_000);
});

describe("what an organization has", () => {
  const ORGANIZATION = types({
    secrets: ["STRIPE_KEY"],
    events: [
      { name: "order.paid", seen: seen({ id: 7, to: { city: "Bonn" } }) },
      { name: "never sent", seen: null },
    ],
    workflows: [
      {
        slug: "send-invoice",
        inputSchema: {
          type: "object",
          properties: {
            to: { type: "string" },
            copies: { type: "integer", default: 1 },
          },
          required: ["to", "copies"],
        },
        output: seen({ sent: true }),
      },
      { slug: "plain", inputSchema: null, output: null },
    ],
  });
  const errors = (steps: string) => typeErrors(flow(steps), ORGANIZATION);

  it("types runs of workflows, events and secrets", () => {
    expect(
      errors(`
      .run("invoice", { workflow: "send-invoice", input: { to: "x" } })
      .run("other", { workflow: "plain", input: 7 })
      .run("later", { workflow: "not-yet-there", input: { a: 1 } })
      .waitForEvent("paid", { event: "order.paid", match: () => ({ id: 7 }) })
      .waitForEvent("any", { event: "something else" })
      .code("read", ({ steps }) => [steps.invoice.sent.valueOf(), steps.other.x, steps.later.y, steps.paid.data.to.city.trim(), steps.any.data.z])
      .http("h", { request: () => ({ url: "u", headers: { a: secret("STRIPE_KEY") } }) })`),
    ).toEqual([]);
  }, 30_000);

  it.each([
    [
      "an input of another type",
      `.run("a", { workflow: "send-invoice", input: { to: 7 } })`,
      /number/,
    ],
    [
      "a missing input",
      `.run("a", { workflow: "send-invoice", input: {} })`,
      /'{}' is not assignable/,
    ],
    [
      "an output of another type",
      `.run("a", { workflow: "send-invoice", input: { to: "x" } }).code("b", ({ steps }) => steps.a.sent.trim())`,
      /trim/,
    ],
    [
      "a secret that there is not",
      `.http("h", { request: () => ({ url: "u", headers: { a: secret("STRIPE_KEI") } }) })`,
      /STRIPE_KEI/,
    ],
    [
      "a match of another type",
      `.waitForEvent("a", { event: "order.paid", match: () => ({ id: "7" }) })`,
      /string/,
    ],
  ])(
    "finds %s",
    (_what, steps, message) => {
      expect(errors(steps).join()).toMatch(message);
    },
    30_000,
  );

  it("is offered by name", () => {
    const offered = (text: string) => [
      ...completionsIn(flow(text), ORGANIZATION).keys(),
    ];
    expect(offered(`.run("a", { workflow: "/*here*/" })`)).toEqual(
      expect.arrayContaining(["send-invoice", "plain"]),
    );
    expect(offered(`.waitForEvent("a", { event: "/*here*/" })`)).toEqual(
      expect.arrayContaining(["order.paid", "never sent"]),
    );
    expect(
      offered(
        `.http("h", { request: () => ({ url: "u", headers: { a: secret("/*here*/") } }) })`,
      ),
    ).toEqual(["STRIPE_KEY"]);
  }, 30_000);
});

describe("the declarations", () => {
  const ODD = [
    "a b",
    "it's",
    '"quoted"',
    "back\\slash",
    "*/ } }",
    "`${1}`",
    "日本",
    "new\nline",
    "class",
    "__proto__",
    "constructor",
    "\u2028",
    "#",
    "0",
    "",
  ];

  it("compile with names of any characters", () => {
    const value = seen(Object.fromEntries(ODD.map((name) => [name, 1])));
    const text = types({
      secrets: ODD,
      events: ODD.map((name) => ({ name, seen: value })),
      workflows: ODD.map((slug) => ({
        slug,
        inputSchema: {
          type: "object",
          properties: Object.fromEntries(
            ODD.map((name) => [name, { enum: ODD }]),
          ),
          required: ODD,
        },
        output: value,
      })),
      steps: ODD.map((path) => ({ path, seen: value })),
    });
    expect(typeErrors("export {};", text)).toEqual([]);
  }, 30_000);

  it("compile when there is nothing", () => {
    expect(
      typeErrors(
        flow(
          `.run("a", { workflow: "any" }).http("h", { request: () => ({ url: "u", headers: { a: secret("ANY") } }) })`,
        ),
        types({}),
      ),
    ).toEqual([]);
  }, 30_000);

  it("stay bounded with 500 workflows and as many secrets, and keep every name", () => {
    const wide = seen(
      Object.fromEntries(
        Array.from({ length: 60 }, (_, n) => [
          `field${n}`,
          { a: [1, "x", null], b: { c: true } },
        ]),
      ),
    );
    const many = Array.from({ length: 500 }, (_, n) => `workflow-number-${n}`);
    const text = types({
      secrets: many,
      events: many.slice(0, 100).map((name) => ({ name, seen: wide })),
      workflows: many.map((slug) => ({
        slug,
        inputSchema: null,
        output: wide,
      })),
      steps: [{ path: "own", seen: wide }],
    });
    expect(text.length).toBeLessThan(MAX_TYPES_CHARS + 100_000);
    for (const name of many) expect(text).toContain(`"${name}": {`);
    expect(
      typeErrors(
        flow(
          `.http("own", { request: () => ({ url: "u" }) }).code("x", ({ steps }) => steps.own.body.field3.b.c.valueOf())`,
        ),
        text,
      ),
    ).toEqual([]);
  }, 60_000);
});
