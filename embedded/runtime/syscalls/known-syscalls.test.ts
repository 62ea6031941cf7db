import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestBackend, type TestBackend } from "../testing/test-backend";

const SERVER = "node_modules/convex/src/server";
const names = [
  ...new Set(
    readdirSync(SERVER, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
      .flatMap(
        (file) =>
          readFileSync(`${SERVER}/${file}`, "utf8").match(/"1\.0\/[\w/]+"/g) ??
          [],
      )
      .map((quoted) => quoted.slice(1, -1)),
  ),
];

const ASK = (
  builder: string,
) => `export const ${builder}Asks = ${builder}Generic(async () => {
  const unknown = []; const isUnknown = (error) => /^Unknown (async )?operation/.test(error.message);
  for (const name of ${JSON.stringify(names)}) {
    let isKnown = false;
    try { Convex.syscall(name, "{}"); isKnown = true; } catch (error) { isKnown = !isUnknown(error); }
    await Convex.asyncSyscall(name, "{}").then(() => { isKnown = true; }, (error) => { isKnown ||= !isUnknown(error); });
    if (!isKnown) unknown.push(name);
  }
  return unknown; });`;

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend({
    "m.ts": `import { queryGeneric, mutationGeneric, actionGeneric } from "convex/server";
      ${ASK("query")} ${ASK("mutation")} ${ASK("action")}`,
  });
});
afterAll(() => backend.close());

it("every syscall of convex/server is answered, or refused by name", async () => {
  expect(names.length).toBeGreaterThan(30);
  const unknownIn = async (path: string): Promise<string[]> => {
    const outcome = await backend.runtime.runAny(backend.call(path));
    if (outcome.kind === "failed") throw new Error(outcome.errorMessage);
    return outcome.value as string[];
  };
  const inAll = await Promise.all(
    ["m:queryAsks", "m:mutationAsks", "m:actionAsks"].map(unknownIn),
  );
  const nowhere = names.filter((name) =>
    inAll.every((unknown) => unknown.includes(name)),
  );
  expect(nowhere).toEqual([]);
});
