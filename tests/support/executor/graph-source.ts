/** Writes a graph down as a workflow, so that the executor itself can run it. Fates are functions of `input.seed` and the key. */
import type { Graph, StepNode } from "../../../convex/language/graph";

/** Everything after `workflow`, as the harness publishes it. */
export function sourceOf({ steps }: Graph): string {
  return `()${chainOf(steps)};\n${CHANCE}`;
}

/** Declared below the workflow: functions are hoisted. */
const CHANCE = `
function chance({ input, loops }, text) {
  const around = Object.values(loops ?? {}).map(({ index }) => index).join();
  let hash = input.seed | 0;
  for (const letter of text + around)
    hash = Math.imul(hash ^ letter.codePointAt(0), 0x5bd1e995) ^ (hash >>> 13);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 12)) >>> 0) / 2 ** 32;
}
function orFail(context, path, value) {
  if (chance(context, "fails " + path) < 0.15) throw new Error("fails " + path);
  return value;
}
`;

function chainOf(steps: readonly StepNode[]): string {
  return steps.map(callOf).join("\n");
}

function blockOf(steps: readonly StepNode[]): string {
  return `(flow) => flow${chainOf(steps)}`;
}

function callOf(node: StepNode): string {
  const name = JSON.stringify(node.name);
  const path = JSON.stringify(node.path);
  const rest = node.onError === "continue" ? `onError: "continue"` : "";
  const choice = (text: string) =>
    `(c) => orFail(c, ${path}, ${text.replaceAll("$chance", `chance(c, ${path})`)})`;
  switch (node.kind) {
    case "condition":
      return `.condition(${name}, { if: ${choice("$chance < 0.6")}, then: ${blockOf(node.then)}, ${node.else === null ? "" : `else: ${blockOf(node.else)}, `}${rest} })`;
    case "switch": {
      const on = choice(`"c" + Math.floor($chance * ${node.cases.length + 1})`);
      const other =
        node.default === null
          ? ""
          : `default: ${blockOf(node.default.steps)}, `;
      return `.switch(${name}, { on: ${on}, cases: ${branchesOf(node.cases)}, ${other}${rest} })`;
    }
    case "parallel":
      return `.parallel(${name}, ${branchesOf(node.branches)}, { mode: "${node.mode}", ${rest} })`;
    case "loop": {
      const often =
        node.mode === "while"
          ? `while: (c) => c.index < (${choice("Math.floor($chance * 5)")})(c)`
          : `each: ${choice("Array.from({ length: Math.floor($chance * 5) })")}, concurrency: ${node.concurrency}`;
      return `.loop(${name}, { ${often}, onError: "${node.onIterationError}", do: ${blockOf(node.body)} })`;
    }
    default:
      return `.code(${name}, (c) => orFail(c, ${path}, 1), { ${rest} })`;
  }
}

function branchesOf(
  branches: readonly { name: string; steps: StepNode[] }[],
): string {
  const all = branches.map(({ name, steps }) => `${name}: ${blockOf(steps)}`);
  return `{ ${all.join(", ")} }`;
}
