/** T1 to T3: whatever the functions wait for, it is as if they had run one after another. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { startApp } from "./contract-app/start";
import { convexTest } from "./convex-test";

type App = ReturnType<typeof startApp>;
type Context = Parameters<Parameters<App["run"]>[0]>[0];
/** Adds to a total after so many real waits, then calls its children, and fails or not. */
type Step = { waits: number; fails: boolean; children: Step[] };

const step = fc.letrec<{ step: Step }>((tie) => ({
  step: fc.record({
    waits: fc.nat(3),
    fails: fc.boolean(),
    children: fc.oneof(
      { maxDepth: 2, withCrossShrink: true },
      fc.constant<Step[]>([]),
      fc.array(tie("step"), { maxLength: 3 }),
    ),
  }),
})).step;

const total = (t: App): Promise<number> =>
  t.query(async ({ db }) => (await db.query("totals").first())?.value ?? 0);

async function add({ db }: Pick<Context, "db">, waits: number): Promise<void> {
  const row = await db.query("totals").first();
  for (let turn = 0; turn < waits; turn += 1)
    await crypto.subtle.digest("SHA-256", new Uint8Array(8));
  if (row === null) await db.insert("totals", { name: "n", value: 1 });
  else await db.patch("totals", row._id, { value: row.value + 1 });
}

/** Children are called at once, as sub-transactions; their failures are caught. */
async function perform(
  t: App,
  { waits, fails, children }: Step,
): Promise<void> {
  await t.mutation(async (ctx) => {
    await add(ctx, waits);
    await Promise.allSettled(children.map((child) => perform(t, child)));
    if (fails) throw new Error("as told");
  });
}

/** What counts: steps that succeeded within steps that succeeded. */
function expected({ fails, children }: Step): number {
  if (fails) return 0;
  return children.reduce((sum, child) => sum + expected(child), 1);
}

describe("transactions that wait for real things", () => {
  it("add up as if they had run one after another", async () => {
    const programs = fc.array(step, { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(programs, async (steps) => {
        const t = startApp(convexTest);
        await Promise.allSettled(steps.map((each) => perform(t, each)));
        const sum = steps.reduce((all, each) => all + expected(each), 0);
        expect(await total(t)).toBe(sum);
      }),
      { numRuns: 60 },
    );
  });
});
