/** State × event, every cell; the README has the same tables. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  clearUp,
  type EventName,
  outcomeOf,
  RUN_STATES,
  runStateOf,
  STEP_STATES,
  stepStateOf,
  TASK_STATES,
  taskStateOf,
} from "../../../tests/support/executor/situations";
import {
  type StagedExecutor,
  startStaged,
} from "../../../tests/support/executor/staged-executor";

let executor: StagedExecutor;
beforeAll(async () => {
  executor = await startStaged();
}, 60_000);
afterAll(() => executor?.stop());

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

const TABLES = [
  {
    of: "run",
    states: RUN_STATES,
    stateOf: runStateOf,
    text: `
| run | result | error | final error | worker dies | time passes | skip | event | run timeout | resume | abandon | cancel |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
| queued | – | – | – | – | – | – | – | → failed | – | – | → cancelled |
| running | → completed | → waiting | → failed | – | – | conflict | – | → failed | – | → failed | → cancelled |
| waiting | – | – | – | – | → completed | → completed | – | → failed | – | – | → cancelled |
| failing | → failed | – | → failed | – | – | conflict | – | – | – | → failed | → failed |
| completed | – | – | – | – | – | conflict | already_ended | – | – | – | already_ended |
| failed | – | – | – | – | – | conflict | already_ended | – | – | – | already_ended |
| cancelled | – | – | – | – | – | conflict | already_ended | – | – | – | already_ended |
`,
  },
  {
    of: "step execution",
    states: STEP_STATES,
    stateOf: stepStateOf,
    text: `
| step execution | claim | result | error | final error | worker dies | time passes | skip | retry now | event | vote | cancel |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
| pending | → running | – | – | – | – | – | conflict | conflict | – | – | → cancelled |
| running | – | → completed | → retrying | → failed | → pending | – | conflict | conflict | – | – | → cancelled |
| waiting for a delay | – | – | – | – | – | → completed | → completed | conflict | – | – | → cancelled |
| waiting for an event | – | – | – | – | – | → failed | conflict | conflict | → completed | – | → cancelled |
| waiting for an approval | – | – | – | – | – | → failed | conflict | conflict | – | → completed | → cancelled |
| retrying | – | – | – | – | – | → pending | conflict | → pending | – | – | → cancelled |
| completed | – | – | – | – | – | – | conflict | conflict | already_ended | – | already_ended |
| failed | – | – | – | – | – | – | conflict | conflict | already_ended | – | already_ended |
| cancelled | – | – | – | – | – | – | conflict | conflict | already_ended | – | already_ended |
`,
  },
  {
    of: "task",
    states: TASK_STATES,
    stateOf: taskStateOf,
    text: `
| task | claim | result | error | old worker's result | worker dies | run timeout | abandon | cancel |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
| ready | → claimed | – | – | – | – | → gone | – | → gone |
| claimed | – | → gone | → gone | – | → ready | → gone | → gone | → gone |
| gone | – | – | – | – | – | – | – | already_ended |
`,
  },
];

/** Rows of cells, without what only aligns them. */
function cellsOf(text: string): string[][] {
  return text
    .trim()
    .split("\n")
    .filter((line) => !/^[|\s-]*$/.test(line))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

function tableInReadme(of: string): string[][] {
  const from = readme.search(new RegExp(`^\\| ${of} +\\|`, "m"));
  return cellsOf(readme.slice(from).split("\n\n")[0] ?? "");
}

describe.each(TABLES)("a $of", ({ of, states, stateOf, text }) => {
  const [head = [], ...rows] = cellsOf(text);
  const cells = rows.flatMap(([state = "", ...outcomes]) =>
    outcomes.map((outcome, n) => [state, head[n + 1] ?? "", outcome] as const),
  );

  it("has a row for each of its states, here and in the README", () => {
    expect(rows.map(([state]) => state)).toEqual(Object.keys(states));
    expect(tableInReadme(of)).toEqual([head, ...rows]);
  });

  it.each(cells)("that is %s, on %s: %s", async (state, event, outcome) => {
    const make = Object.entries(states).find(([name]) => name === state)?.[1];
    if (make === undefined) throw new Error(`nobody can make a ${of} ${state}`);
    const situation = await make(executor);
    expect(await stateOf(situation)).toBe(state);
    // Checked by the lookup in `outcomeOf`.
    const happened = await outcomeOf(situation, event as EventName, stateOf);
    expect(happened).toBe(outcome);
    await clearUp(situation);
    expect(await executor.stuckRuns()).toEqual([]);
  });
});
