import type {
  ActionFetchRequest,
  ActionFetchResponse,
} from "../language/evaluation";
import { guardedFetch } from "./guardedFetch";

/** `fetch` of action code. A rejection becomes an error that the code can catch. */
export async function fetchForAction(
  request: ActionFetchRequest,
  signal: AbortSignal,
): Promise<ActionFetchResponse> {
  const { text, ...response } = await guardedFetch(request, signal);
  return { ...response, body: text };
}
