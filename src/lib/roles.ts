import type { Role } from "@/convex/validators/organizations";

const MAY_MANAGE: readonly Role[] = ["owner", "admin"];
const MAY_EDIT: readonly Role[] = ["owner", "admin", "editor"];
const MAY_RUN: readonly Role[] = ["owner", "admin", "editor", "operator"];

/** Screens only explain with these; the backend decides. */
export function canManage(role: Role): boolean {
  return MAY_MANAGE.includes(role);
}

export function canEdit(role: Role): boolean {
  return MAY_EDIT.includes(role);
}

export function canRun(role: Role): boolean {
  return MAY_RUN.includes(role);
}
