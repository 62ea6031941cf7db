/**
 * What a new workflow can begin with. They call the demo server, so that the first run works without an account
 * anywhere; `DEMO_URL` says where it is.
 */
export type Template = {
  id: string;
  name: string;
  description: string;
  source: string;
  sampleInput: string;
};

const DEFAULT_DEMO_URL = "http://127.0.0.1:3212";

export function templates(demoUrl: string = DEFAULT_DEMO_URL): Template[] {
  const base = demoUrl.replace(/\/+$/, "");
  return [retryTemplate(base), loopTemplate(base), delayTemplate(base)];
}

export function findTemplate(id: string, demoUrl?: string): Template | null {
  return templates(demoUrl).find((template) => template.id === id) ?? null;
}

function retryTemplate(demo: string): Template {
  return {
    id: "retry",
    name: "A retry that recovers",
    description:
      "Calls a service that fails twice, backs off between the attempts, and carries on when it answers.",
    sampleInput: json({ failures: 2 }),
    source: `import { workflow, z } from "lockstep";

/** Fetches a report from a service that is down at first. Open the run to watch the attempts. */
export default workflow({
  input: z.object({
    // How often the service fails before it answers.
    failures: z.int().min(0).max(4).default(2),
  }),
})
  // The service counts calls by key: a new key for every run makes it fail afresh.
  .code("new key", () => "report-" + Math.random().toString(36).slice(2, 10))

  // 503 is worth another try. The delay doubles: 2 s, then 4 s, with some chance in it.
  .http("fetch report", {
    request: ({ input, steps }) => ({
      url: \`${demo}/flaky/\${steps["new key"]}?failures=\${input.failures}\`,
    }),
    response: z.object({ key: z.string(), attempt: z.number(), ok: z.boolean() }),
    retry: { maxAttempts: 3, initialDelay: "2s" },
    timeout: "1m",
  })

  .output(({ steps }) => {
    const { key, attempt } = steps["fetch report"].body;
    return { key, attempts: attempt };
  });
`,
  };
}

function loopTemplate(demo: string): Template {
  return {
    id: "loop",
    name: "A loop with concurrency",
    description:
      "Fetches twenty customers, writes to each of them, five at a time, and counts what was accepted.",
    sampleInput: json({ count: 20, subject: "What is new this month" }),
    source: `import { workflow, z } from "lockstep";

/** Sends a newsletter. Open the loop in the run to see every customer on their own. */
export default workflow({
  input: z.object({
    count: z.int().min(1).max(1000).default(20),
    subject: z.string().min(1).default("What is new this month"),
  }),
})
  .http("customers", {
    request: ({ input }) => ({ url: \`${demo}/customers?count=\${input.count}\` }),
    response: z.object({
      customers: z.array(z.object({ id: z.string(), name: z.string(), email: z.string(), plan: z.string() })),
    }),
  })

  // Five e-mails at a time. Each has its own attempts; one that fails does not stop the others.
  .loop("newsletter", {
    each: ({ steps }) => steps.customers.body.customers,
    key: ({ item }) => item.id,
    concurrency: 5,
    onError: "continue",
    do: (flow) =>
      flow.http("send", {
        request: ({ input, item }) => ({
          method: "POST",
          url: "${demo}/emails",
          json: { to: item.email, subject: input.subject, text: \`Hello \${item.name}!\` },
        }),
        response: z.object({ accepted: z.boolean(), id: z.string() }),
        retry: { maxAttempts: 3, initialDelay: "1s" },
      }),
  })

  // Results are in the order of the customers; a failed one has no body.
  .code("sum up", ({ steps }) => {
    const accepted = steps.newsletter.filter((sent) => sent?.body?.accepted === true).length;
    return { accepted, failed: steps.newsletter.length - accepted };
  })

  .output(({ steps }) => steps["sum up"]);
`,
  };
}

function delayTemplate(demo: string): Template {
  return {
    id: "delay",
    name: "A delay with a condition",
    description:
      "Looks at an order, chooses a way by its total, and waits ten seconds before it writes to the buyer.",
    sampleInput: json({ orderId: "1042" }),
    source: `import { workflow, z } from "lockstep";

/** Large orders are looked at twice. The wait survives a restart, and a person may skip it. */
export default workflow({
  input: z.object({ orderId: z.string().min(1).default("1042") }),
})
  .http("order", {
    request: ({ input }) => ({ url: \`${demo}/orders/\${encodeURIComponent(input.orderId)}\` }),
    response: z.object({ id: z.string(), total: z.number(), currency: z.string(), emails: z.array(z.string()) }),
  })

  .condition("is large", {
    if: ({ steps }) => steps.order.body.total > 1000,
    then: (flow) =>
      flow.code("check", ({ steps }) => ({ discount: Math.round(steps.order.body.total * 0.05), note: "Thank you for your large order." })),
    else: (flow) => flow.code("accept", () => ({ discount: 0, note: "Thank you for your order." })),
  })

  .delay("cool off", "10s")

  .http("tell the buyer", {
    request: ({ steps }) => ({
      method: "POST",
      url: "${demo}/emails",
      json: { to: steps.order.body.emails[0], text: steps["is large"].result.note },
    }),
  })

  .output(({ steps }) => ({
    total: steps.order.body.total,
    currency: steps.order.body.currency,
    discount: steps["is large"].result.discount,
  }));
`,
  };
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
