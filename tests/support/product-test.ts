/** The product's functions in this process, on a backend in memory: for tests that need no server. */
import { convexTest as official } from "convex-test";
import { vi } from "vitest";
import { api } from "../../convex/_generated/api";
import type { Id } from "../../convex/_generated/dataModel";
import schema from "../../convex/schema";
import type { Role } from "../../convex/validators/organizations";
import {
  convexTest,
  type TestConvex,
} from "../../embedded/testing/convex-test";
import { defaultModules } from "../../embedded/testing/default-modules";
import { allowFilesInMutations } from "./convex-test-files";
import { GROUND } from "./ground";

export type Product = TestConvex<typeof schema>;
export type Member = ReturnType<Product["withIdentity"]>;

export function startProduct(): Product {
  return GROUND === "embedded" ? convexTest(schema) : onConvexTest();
}

/**
 * The two have one API (`convex-test.contract.test.ts`). Each of its databases counts
 * ids from the same number, and modules keep what they read by id (`keptVersions.ts`): so each has modules of its own.
 */
function onConvexTest(): Product {
  vi.resetModules();
  const t = official(schema, defaultModules());
  allowFilesInMutations();
  return t;
}

/** Somebody with an account, signed in. */
export async function signUp(t: Product, name: string): Promise<Member> {
  const userId = await t.run(({ db }) => db.insert("users", { name }));
  return t.withIdentity({ subject: `${userId}|session`, name });
}

export interface Workspace {
  owner: Member;
  organizationId: Id<"organizations">;
}

export async function createWorkspace(t: Product): Promise<Workspace> {
  const owner = await signUp(t, "Tess Owner");
  const { slug } = await owner.mutation(api.organizations.create, {
    name: "Test bench",
  });
  const found = await owner.query(api.organizations.getBySlug, { slug });
  if (found === null) throw new Error(`no organization ${slug}`);
  return { owner, organizationId: found._id };
}

/** Another account in the same organization. */
export async function addMember(
  t: Product,
  organizationId: Id<"organizations">,
  role: Role,
): Promise<Member> {
  const member = await signUp(t, `A ${role}`);
  const viewer = await member.query(api.users.viewer);
  if (viewer === null) throw new Error("not signed in");
  const { userId } = viewer;
  await t.run(({ db }) =>
    db.insert("memberships", { organizationId, userId, role }),
  );
  return member;
}
