/** The product's verbs for tests and benches: an owner with a workspace, who publishes workflows and starts runs. */
import { ConvexHttpClient } from "convex/browser";
import type { FunctionReturnType } from "convex/server";
import { api } from "../../convex/_generated/api";
import type { Id } from "../../convex/_generated/dataModel";

export type Run = NonNullable<FunctionReturnType<typeof api.workflowRuns.get>>;

/** Whoever calls functions by reference. */
export type ProductClient = Pick<
  ConvexHttpClient,
  "query" | "mutation" | "action"
>;
/** What the verbs below need of a workspace. */
type Access = Pick<Workspace, "organizationId"> & { client: ProductClient };

export interface Workspace {
  client: ConvexHttpClient;
  token: string;
  organizationId: Id<"organizations">;
}

/** Creates an account the way the sign-in page does, and an organization of its own. */
export async function createWorkspace(url: string): Promise<Workspace> {
  const client = new ConvexHttpClient(url);
  const { tokens } = await client.action(api.auth.signIn, {
    provider: "password",
    params: {
      flow: "signUp",
      name: "Tess Owner",
      email: `owner-${Date.now()}@example.com`,
      password: "correct horse battery staple",
    },
  });
  if (!tokens) throw new Error("signing up gave no session");
  client.setAuth(tokens.token);
  return await addOrganization({ client, token: tokens.token }, "Test bench");
}

/** The only organization of somebody who has an account already. */
export async function openWorkspace(
  url: string,
  person: { email: string; password: string },
): Promise<Workspace> {
  const client = new ConvexHttpClient(url);
  const { tokens } = await client.action(api.auth.signIn, {
    provider: "password",
    params: { flow: "signIn", ...person },
  });
  if (!tokens) throw new Error("signing in gave no session");
  client.setAuth(tokens.token);
  const viewer = await client.query(api.users.viewer);
  const organization = viewer?.organizations[0];
  if (!organization) throw new Error("this person has no organization");
  return { client, token: tokens.token, organizationId: organization._id };
}

/** Another organization of the same person. */
export async function addOrganization(
  { client, token }: Omit<Workspace, "organizationId">,
  name: string,
): Promise<Workspace> {
  const { slug } = await client.mutation(api.organizations.create, { name });
  const organization = await client.query(api.organizations.getBySlug, {
    slug,
  });
  if (!organization) throw new Error(`no organization ${slug}`);
  return { client, token, organizationId: organization._id };
}

/** Creates and publishes; a source that does not compile fails with its diagnostics. */
export async function publishWorkflow(
  { client, organizationId }: Access,
  name: string,
  source: string,
): Promise<Id<"workflows">> {
  const { workflowId } = await client.mutation(api.workflows.create, {
    organizationId,
    name,
    source,
  });
  const result = await client.mutation(api.workflowVersions.publish, {
    workflowId,
  });
  if (result.kind === "published") return workflowId;
  throw new Error(`${name} was refused: ${JSON.stringify(result.diagnostics)}`);
}

export async function startRun(
  { client }: Access,
  workflowId: Id<"workflows">,
  input: unknown,
): Promise<Id<"workflowRuns">> {
  const { runId } = await client.mutation(api.workflowRuns.create, {
    workflowId,
    input: JSON.stringify(input),
  });
  return runId;
}

/** Asks until the run satisfies `isDone`, by default until it has ended; fails after `timeoutMs` with where it stands. */
export async function waitForRun(
  { client }: Workspace,
  runId: Id<"workflowRuns">,
  { timeoutMs = 60_000, isDone = hasEnded } = {},
): Promise<Run> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const run = await client.query(api.workflowRuns.get, { runId });
    if (run && isDone(run)) return run;
    if (Date.now() > deadline) {
      throw new Error(
        `run ${runId} is still ${JSON.stringify(run?.state)} after ${timeoutMs} ms`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function hasEnded(run: Run): boolean {
  return ["completed", "failed", "cancelled"].includes(run.state.kind);
}
