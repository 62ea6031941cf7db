import { randomUUID } from "node:crypto";
import { ConvexHttpClient } from "convex/browser";
import { makeFunctionReference } from "convex/server";
import type { Value } from "convex/values";

type Args = Record<string, Value | undefined>;
type Call = <T>(name: string, args?: Args) => Promise<T>;

/** Functions by name, through a client of its own for each call: two calls never wait for each other. */
export type Calls = { query: Call; mutation: Call; action: Call };

export function callsTo(url: string, token?: string): Calls {
  const client = () => {
    const made = new ConvexHttpClient(url, { logger: false });
    if (token !== undefined) made.setAuth(token);
    return made;
  };
  return {
    query: (name, args = {}) =>
      client().query(makeFunctionReference<"query">(name), args),
    mutation: (name, args = {}) =>
      client().mutation(makeFunctionReference<"mutation">(name), args),
    action: (name, args = {}) =>
      client().action(makeFunctionReference<"action">(name), args),
  };
}

/** A name that no earlier run of the suite has used on this deployment. */
export const fresh = (name: string): string =>
  `${name}-${randomUUID().slice(0, 8)}`;

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

/** Asks until the answer is `accepted`, and gives it. */
export async function until<T>(
  ask: () => Promise<T>,
  accepted: (answer: T) => boolean,
  withinMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (accepted(answer)) return answer;
    if (Date.now() > deadline)
      throw new Error(
        `not so within ${withinMs} ms: ${accepted.toString()}, but ${JSON.stringify(answer)}`,
      );
    await pause(50);
  }
}
