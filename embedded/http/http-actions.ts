import type { Authenticator } from "../auth/authenticator";
import type { Runtime } from "../runtime/types";
import { httpActionIdentity, requestOrigin } from "./caller-identity";

/** `url` is what the action's code sees: without the `/http` prefix that the API origin has. */
export async function answerHttpAction(
  request: Request,
  url: URL,
  options: {
    runtime: Pick<Runtime, "runHttpAction">;
    authenticator: Authenticator;
  },
): Promise<Response> {
  const identity = await httpActionIdentity(request, options.authenticator);
  return options.runtime.runHttpAction(
    url.href === request.url ? request : new Request(url, request),
    identity,
    requestOrigin(request, identity),
  );
}
