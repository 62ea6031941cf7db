/** The example of the language page, without its approval. */
export const EXAMPLE = `import { workflow, z } from "lockstep";

export default workflow({
  input: z.object({ orderId: z.string(), amount: z.number() }),
})
  .http("order", {
    request: ({ input }) => ({ url: \`https://shop.example/orders/\${input.orderId}\` }),
    response: z.object({ total: z.number(), emails: z.array(z.string()) }),
    retry: { maxAttempts: 5, backoff: "exponential" },
    timeout: "10s",
  })
  .condition("large", {
    if: ({ steps }) => steps.order.body.total > 1000,
    then: (flow) => flow.delay("manager", "3d"),
    else: (flow) => flow.code("auto", () => ({ approved: true as boolean })),
  })
  .loop("notify", {
    each: ({ steps }) => steps.order.body.emails,
    key: ({ item }) => item,
    concurrency: 5,
    do: (flow) => flow.http("mail", { request: ({ item }) => ({ method: "POST", url: "https://mail.example", json: { to: item } }) }),
  })
  .delay("cool off", "1h")
  .output(({ steps }) => ({ sent: steps.notify.length }));
`;
