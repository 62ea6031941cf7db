/** `onFailure` of a workflow: from source to graph, and calling what is in it. */
import { describe, expect, it } from "vitest";
import { compile } from "./compile";
import { blockOf, type Graph, topSteps, walk } from "./graph";
import { diffGraphs } from "./graphDiff";
import { ownCode } from "./ownCode";
import { workflowsRun } from "./runStep";
import { evaluate } from "./sandbox";

const HEAD = `import { workflow, z } from "lockstep";\n`;
const SOURCE = `${HEAD}export default workflow({
  input: z.object({ id: z.string() }),
  onFailure: (flow) => flow
    .code("say", ({ input, error, run }) => [input.id, error.message, run.number])
    .condition("loud", {
      if: (context) => context.error.code === "timeout",
      then: (flow) => flow.run("tell", { workflow: "tell-people", input: ({ steps }) => ({ text: steps.say }) }),
    }),
})
  .code("say", () => 1);`;

async function compiled(source: string) {
  const result = await compile(source);
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics));
  return result;
}

const messagesOf = async (source: string) => {
  const { ok, diagnostics } = await compile(source);
  expect(ok).toBe(false);
  return diagnostics.map(({ message, line }) => [message, line]);
};

const paths = (graph: Graph) =>
  [...walk(topSteps(graph))].map(({ path }) => path);

describe("onFailure", () => {
  it("is a branch beside the steps, with names of its own", async () => {
    const { graph } = await compiled(SOURCE);
    expect(paths(graph)).toEqual([
      "say",
      "onFailure",
      "onFailure/say",
      "onFailure/loud",
      "onFailure/loud/tell",
    ]);
    expect(graph.onFailure).toMatchObject({
      kind: "branch",
      range: { line: 4, column: 3, endLine: 9, endColumn: 7 },
    });
    expect(blockOf(graph, "onFailure/say")).toMatchObject({
      index: 0,
      node: { readsInput: true, range: { line: 5 } },
      parent: { path: "onFailure" },
    });
    expect(blockOf(graph, "onFailure/loud/tell")?.node.reads).toEqual([
      "onFailure/say",
    ]);
    expect(blockOf(graph, "onFailure/nope")).toBeNull();
    expect([...workflowsRun(graph).keys()]).toEqual(["tell-people"]);
  });

  it("has functions that see the error and the run", async () => {
    const { program } = await compiled(SOURCE);
    const scope = {
      input: { id: "o-1" },
      steps: {},
      error: { name: "Error", message: "lost", code: "user_error", step: null },
      run: { id: "r", number: 7, workflow: "shop" },
    };
    const call = async (path: string, slot: "run" | "if") =>
      await evaluate({
        program,
        fn: { path, slot },
        scope,
        seed: "s",
        nowMs: 0,
      });
    expect(await call("onFailure/say", "run")).toMatchObject({
      value: ["o-1", "lost", 7],
    });
    expect(await call("onFailure/loud", "if")).toMatchObject({ value: false });
    expect(await call("say", "run")).toMatchObject({ value: 1 });
  });

  it("is compared like other steps", async () => {
    const without = SOURCE.replace(/ {2}onFailure[^]*?\n {4}\}\),\n/, "");
    const edited = SOURCE.replace('"timeout"', '"network"');
    const side = async (source: string) => {
      const { graph } = await compiled(source);
      return { graph, code: ownCode(source, topSteps(graph)) };
    };
    const diff = diffGraphs(await side(without), await side(SOURCE));
    expect(JSON.stringify(diff.steps)).toContain("onFailure/loud");
    const edit = diffGraphs(await side(SOURCE), await side(edited));
    expect(edit.options).toEqual([]);
    expect(JSON.stringify(edit.steps)).toContain("onFailure/loud");
  });

  it("leaves a step its name when the workflow has none", async () => {
    const { graph } = await compiled(
      `${HEAD}export default workflow().code("onFailure", () => 1);`,
    );
    expect(blockOf(graph, "onFailure")?.node.kind).toBe("code");
  });

  it.each([
    ["not a function", `"mail"`, /onFailure must be a function that returns/],
    ["without steps", `(flow) => flow`, /onFailure block has no steps/],
    [
      "with an output",
      `(flow) => flow.code("a", () => 1).output(() => 1)`,
      /Only the workflow has an output/,
    ],
    ["with a wrong step", `(flow) => flow.delay("a", "soon")`, /duration/],
    [
      "with a name twice",
      `(flow) => flow.code("a", () => 1).code("a", () => 1)`,
      /already a step called "a"/,
    ],
  ])("%s is refused where it stands", async (_, given, message) => {
    const found = await messagesOf(
      `${HEAD}export default workflow({\n  onFailure: ${given},\n}).code("x", () => 1);`,
    );
    expect(found).toEqual([[expect.stringMatching(message), 3]]);
  });

  it("refuses a step of its name beside it", async () => {
    const found = await messagesOf(
      `${HEAD}export default workflow({ onFailure: (flow) => flow.code("a", () => 1) })\n.code("onFailure", () => 1);`,
    );
    expect(found).toEqual([
      [expect.stringMatching(/cannot be called "onFailure"/), 3],
    ]);
  });
});
