/** What a caller may call. */
import { BackendError } from "../database/backend-error";
import type { Identity } from "../runtime/types";

export function reachesInternal(identity: Identity): boolean {
  return identity.kind === "admin" || identity.kind === "system";
}

/** Only admins may name a component; everybody else reaches it through the app. */
export function checkComponentReach(
  componentPath: string,
  identity: Identity,
): void {
  if (componentPath === "" || reachesInternal(identity)) return;
  const text = "Functions of components can only be called with an admin key";
  throw new BackendError("Forbidden", text, { status: 403 });
}
