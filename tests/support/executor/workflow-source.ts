/** Random graphs as workflows that people could have written, whose functions ask the fates of their own step. */
import {
  type ApprovalStep,
  type BranchStep,
  type Graph,
  ON_FAILURE,
  type StepNode,
  type WaitForEventStep,
} from "../../../convex/language/graph";
import { Fates } from "./fates";

/** The graph that the compiler makes of it is the given one. `limits`: further options, about its starts. */
export function sourceOf(graph: Graph, limits = ""): string {
  return `import { workflow, z } from "lockstep";

${Fates.toString()}

const keyOf = (path, loops = {}) => {
  const names = path.split("/");
  return names.map((name, at) => (at < names.length - 1 && loops[name] ? name + "[" + loops[name].index + "]" : name)).join("/");
};
const fatesOf = (input) => new Fates(input.seed);
const meet = (path, { input, loops }) => {
  const key = keyOf(path, loops);
  if (fatesOf(input).fails(key)) throw new Error(key);
  return key;
};

export default workflow({
  input: z.object({ seed: z.number() }),
  retry: { maxAttempts: 3, backoff: "fixed", initialDelay: "1m", maxDelay: "1m" },
  ${graph.timeoutMs === null ? "" : `timeout: ${graph.timeoutMs},`}
  ${graph.onFailure === undefined ? "" : `onFailure: ${block(graph.onFailure.steps)},`}
  ${limits}
})${chain(graph.steps)};
`;
}

/** In `onFailure`: the key, and the failure of the run. */
const telling = (path: string) =>
  `({ input, loops, error, run }) => [meet("${path}", ${GIVEN}), error.step, error.code, run.number]`;

const CONTEXT = "({ input, loops })";
const GIVEN = "{ input, loops }";

function chain(steps: readonly StepNode[]): string {
  return steps.map(callOf).join("");
}

const block = (steps: readonly StepNode[]) => `(flow) => flow${chain(steps)}`;

const branches = (list: readonly BranchStep[]) =>
  list.map(({ name, steps }) => `${name}: ${block(steps)}`).join(", ");

function callOf(node: StepNode): string {
  const { name, path, onError } = node;
  const meet = `meet("${path}", ${GIVEN})`;
  const time = node.timeoutMs === null ? "" : `timeout: ${node.timeoutMs}, `;
  const common = `${time}onError: "${onError}"`;
  switch (node.kind) {
    case "code":
      return `.code("${name}", ${path.startsWith(`${ON_FAILURE}/`) ? telling(path) : `${CONTEXT} => ${meet}`}, { ${common} })`;
    case "http":
      return `.http("${name}", { request: ${CONTEXT} => ({ url: "https://example.com/" + keyOf("${path}", loops) }), ${common} })`;
    case "action":
      return `.action("${name}", async ${CONTEXT} => keyOf("${path}", loops), { ${common} })`;
    case "delay":
      return `.delay("${name}", ${node.durationMs}, { ${common} })`;
    case "approval":
      return `.approval("${name}", { title: ${CONTEXT} => keyOf("${path}", loops), ${onTimeout(node)}${common} })`;
    case "waitForEvent":
      return `.waitForEvent("${name}", { event: "${node.event}", match: ${CONTEXT} => ({ key: input.seed + ":" + keyOf("${path}", loops) }), data: z.object({ key: z.string(), ok: z.boolean() }), ${onTimeout(node)}${common} })`;
    case "run":
      return `.run("${name}", { workflow: "${node.workflow}", wait: ${node.wait}, input: ${CONTEXT} => ({ seed: fatesOf(input).childSeed(${meet}) }), ${common} })`;
    case "fail":
      return `.fail("${name}", "no")`;
    case "stop":
      return `.stop("${name}", ${CONTEXT} => ${meet})`;
    case "condition":
      return `.condition("${name}", { if: ${CONTEXT} => fatesOf(input).branch(${meet}) === "then", then: ${block(node.then)}, ${node.else === null ? "" : `else: ${block(node.else)}, `}${common} })`;
    case "switch":
      return `.switch("${name}", { on: ${CONTEXT} => "c" + fatesOf(input).takes(${meet}, ${node.cases.length}), cases: { ${branches(node.cases)} }, ${node.default === null ? "" : `${branches([node.default])}, `}${common} })`;
    case "parallel":
      return `.parallel("${name}", { ${branches(node.branches)} }, { mode: "${node.mode}", ${common} })`;
    case "loop": {
      const count = `fatesOf(input).iterations(${meet})`;
      const over = {
        each: `each: ${CONTEXT} => Array.from({ length: ${count} }, (_, n) => n)`,
        times: `times: ${CONTEXT} => ${count}`,
        while: `while: ({ input, loops, index }) => index < ${count}`,
      }[node.mode];
      return `.loop("${name}", { ${over}, concurrency: ${node.concurrency}, onError: "${node.onIterationError}", ${time}do: ${block(node.body)} })`;
    }
    case "branch":
      return chain(node.steps);
    default:
      throw new Error(`No random graph has a step like ${path}`);
  }
}

function onTimeout(node: ApprovalStep | WaitForEventStep): string {
  const { timeoutMs, late } = node;
  if (timeoutMs === null) return "";
  const then = late === undefined ? `"${node.onTimeout}"` : block(late);
  return `onTimeout: ${then}, `;
}
