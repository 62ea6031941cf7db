/** The workflows that are measured. `url` answers every request. */
const head = (input = "z.object({})") =>
  `import { workflow, z } from "lockstep";\n\nexport default workflow({ input: ${input} })`;

export const shapes: { [name: string]: (url: string) => string } = {
  chain5: () => `${head()}
  .code("a", () => 1)
  .code("b", ({ steps }) => steps.a + 1)
  .code("c", ({ steps }) => steps.b + 1)
  .code("d", ({ steps }) => steps.c + 1)
  .code("e", ({ steps }) => steps.d + 1)
  .output(({ steps }) => steps.e);
`,
  fan50: () => `${head()}
  .code("numbers", () => Array.from({ length: 50 }, (_, index) => index))
  .loop("squares", {
    each: ({ steps }) => steps.numbers,
    concurrency: 10,
    do: (flow) => flow.code("square", ({ item }) => item * item),
  })
  .code("sum", ({ steps }) => steps.squares.reduce((sum, square) => sum + square, 0))
  .output(({ steps }) => steps.sum);
`,
  http3: (url) => `${head()}
  .http("first", { request: () => ({ url: "${url}" }) })
  .http("second", { request: () => ({ url: "${url}" }) })
  .http("third", { request: () => ({ url: "${url}" }) })
  .output(({ steps }) => steps.third.status);
`,
};

export const oneCode = `${head()}
  .code("only", () => "a small result");
`;

export const oneHttp = (url: string): string => `${head()}
  .http("only", { request: () => ({ url: "${url}" }) });
`;

export const sleeper = `${head("z.object({ until: z.number() })")}
  .delay("nap", { until: ({ input }) => input.until });
`;

export const longLoop = (iterations: number): string => `${head()}
  .loop("squares", {
    times: ${iterations},
    maxIterations: ${iterations},
    do: (flow) => flow.code("square", ({ index }) => index * index),
  });
`;
