import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  ACTION_ESCAPE_ATTEMPTS,
  ESCAPE_ATTEMPTS,
  FOREIGN_OBJECTS,
} from "../testing/escape-attempts";
import { startTestBackend, type TestBackend } from "../testing/test-backend";

type Builder = "query" | "mutation" | "action";

/** One function for each attempt; it returns the paths of the foreign objects that it found. */
function sourceOf(builder: Builder, attempts: typeof ESCAPE_ATTEMPTS): string {
  const functions = Object.values(attempts).map(
    (body, index) => `export const attempt${index} = ${builder}(async () => {
      const got = await (async function () { ${body} })();
      return [got === undefined ? "nothing" : "something", ...foreignIn(got, "got")]; });`,
  );
  return `import { ${builder}Generic as ${builder} } from "convex/server";
    ${FOREIGN_OBJECTS}
    export const globals = ${builder}(async () => foreignIn(globalThis, "globalThis"));
    ${functions.join("\n")}`;
}

const names = Object.keys(ESCAPE_ATTEMPTS);
const actionAttempts = { ...ESCAPE_ATTEMPTS, ...ACTION_ESCAPE_ATTEMPTS };

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend(
    {
      "q.ts": sourceOf("query", ESCAPE_ATTEMPTS),
      "m.ts": sourceOf("mutation", ESCAPE_ATTEMPTS),
      "a.ts": sourceOf("action", actionAttempts),
    },
    { limits: { userTimeMs: 20_000 } },
  );
});
afterAll(() => backend.close());

async function foundBy(path: string): Promise<unknown> {
  const outcome = await backend.runtime.runAny(backend.call(path));
  if (outcome.kind === "failed") throw new Error(outcome.errorMessage);
  return outcome.value;
}

describe.each([
  ["a query", "q", names],
  ["a mutation", "m", names],
  ["an action", "a", Object.keys(actionAttempts)],
] as const)("%s reaches no object of another realm", (_kind, module, list) => {
  it("through its globals", async () => {
    expect(await foundBy(`${module}:globals`)).toEqual([]);
  });

  it.each(list.map((name, index) => [name, index] as const))(
    "through %s",
    async (_name, index) => {
      expect(await foundBy(`${module}:attempt${index}`)).toEqual(["something"]);
    },
  );
});
