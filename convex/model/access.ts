import { getAuthUserId } from "@convex-dev/auth/server";
import type { Doc, Id } from "../_generated/dataModel";
import { userError, notFound } from "../errors";
import type { QueryCtx } from "../functions";
import type { Role } from "../validators/organizations";
import { FoundRows } from "./foundRows";

/** What people can do; each role can do what its permissions list says. */
export type Permission = "view" | "approve" | "operate" | "edit" | "manage";

const PERMISSIONS = {
  owner: ["view", "approve", "operate", "edit", "manage"],
  admin: ["view", "approve", "operate", "edit", "manage"],
  editor: ["view", "approve", "operate", "edit"],
  operator: ["view", "approve", "operate"],
  approver: ["view", "approve"],
  viewer: ["view"],
} as const satisfies Record<Role, readonly Permission[]>;

export function can(role: Role, permission: Permission): boolean {
  const allowed: readonly Permission[] = PERMISSIONS[role];
  return allowed.includes(permission);
}

export type Viewer = {
  userId: Id<"users">;
  name: string;
  email: string | null;
};

/** Who is signed in, or null. */
export async function findViewer(ctx: QueryCtx): Promise<Viewer | null> {
  const userId = await getAuthUserId(ctx);
  if (userId === null) return null;
  const user = await ctx.db.get("users", userId);
  return user === null
    ? null
    : { userId, name: displayName(user), email: user.email ?? null };
}

function displayName(user: Doc<"users">): string {
  return user.name ?? user.email ?? "Somebody";
}

export async function requireViewer(ctx: QueryCtx): Promise<Viewer> {
  const viewer = await findViewer(ctx);
  if (viewer === null) throw userError("not_signed_in", "Sign in to do this.");
  return viewer;
}

/** The caller's role in the organization, or null when they are no member. */
export async function findRole(
  ctx: QueryCtx,
  organizationId: Id<"organizations">,
): Promise<Role | null> {
  const userId = await getAuthUserId(ctx);
  return userId === null ? null : await roleOf(ctx, userId, organizationId);
}

const memberships = new FoundRows<Doc<"memberships">>();

/** A person's role in the organization, or null when they are no member. */
export async function roleOf(
  { db }: QueryCtx,
  userId: Id<"users">,
  organizationId: Id<"organizations">,
): Promise<Role | null> {
  const membership = await memberships.find(`${userId} ${organizationId}`, {
    get: (id) => db.get("memberships", id),
    isIt: (row) =>
      row.userId === userId && row.organizationId === organizationId,
    look: () =>
      db
        .query("memberships")
        .withIndex("by_userId_and_organizationId", (q) =>
          q.eq("userId", userId).eq("organizationId", organizationId),
        )
        .unique(),
  });
  return membership?.role ?? null;
}

export type Access = Viewer & { role: Role };

/** For queries: who is signed in and their role in the organization, or null when they are no member. */
export async function findAccess(
  ctx: QueryCtx,
  organizationId: Id<"organizations">,
): Promise<Access | null> {
  const viewer = await findViewer(ctx);
  if (viewer === null) return null;
  const role = await roleOf(ctx, viewer.userId, organizationId);
  return role === null ? null : { ...viewer, role };
}

/** Throws `not_found` for people outside the organization and `forbidden` for members without the permission. */
export async function requireOrganization(
  ctx: QueryCtx,
  organizationId: Id<"organizations">,
  permission: Permission,
  what = "organization",
): Promise<Access> {
  const viewer = await requireViewer(ctx);
  const role = await roleOf(ctx, viewer.userId, organizationId);
  if (role === null) throw notFound(what);
  if (!can(role, permission))
    throw userError(
      "forbidden",
      `Your role (${role}) does not allow this; ask an owner or admin.`,
    );
  return { ...viewer, role };
}

/** The workflow, when the caller has the permission in its organization. */
export async function requireWorkflow(
  ctx: QueryCtx,
  workflowId: Id<"workflows">,
  permission: Permission,
): Promise<{ workflow: Doc<"workflows">; access: Access }> {
  const workflow = await ctx.db.get("workflows", workflowId);
  if (workflow === null) throw notFound("workflow");
  const { organizationId } = workflow;
  const access = await requireOrganization(
    ctx,
    organizationId,
    permission,
    "workflow",
  );
  return { workflow, access };
}

/** The run, when the caller has the permission in its organization. */
export async function requireRun(
  ctx: QueryCtx,
  runId: Id<"workflowRuns">,
  permission: Permission,
): Promise<{ run: Doc<"workflowRuns">; access: Access }> {
  const run = await ctx.db.get("workflowRuns", runId);
  if (run === null) throw notFound("run");
  const { organizationId } = run;
  const access = await requireOrganization(
    ctx,
    organizationId,
    permission,
    "run",
  );
  return { run, access };
}

/** For queries: the thing and the caller's role, or null when there is none or no access. */
export async function visible<
  T extends { organizationId: Id<"organizations"> },
>(ctx: QueryCtx, row: T | null): Promise<{ row: T; role: Role } | null> {
  if (row === null) return null;
  const role = await findRole(ctx, row.organizationId);
  return role === null ? null : { row, role };
}
