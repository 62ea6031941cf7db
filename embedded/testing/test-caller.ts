/** `t`: what a test does as one user from one place. Callers do not change; `with…` makes another one. */
import { randomBytes } from "node:crypto";
import {
  actionGeneric,
  type FunctionReference,
  type FunctionVisibility,
  getFunctionAddress,
  mutationGeneric,
  queryGeneric,
  type RequestMetadata,
  type UserIdentity,
} from "convex/server";
import { convexToJson, jsonToConvex, type Value } from "convex/values";
import { parseFunctionPath } from "../runtime/function-path";
import type { Identity, RequestOrigin } from "../runtime/types";
import type { HostCall } from "./host-call";
import { errorForTest } from "./host-errors";
import { type HostFunction, hostFunction } from "./host-function";
import type { TestEngine } from "./test-engine";
import {
  callerIdentity,
  completeIdentity,
  unsignedToken,
} from "./test-identity";

type Kind = HostCall["kind"];
type Reference = FunctionReference<
  "query" | "mutation" | "action",
  FunctionVisibility
>;
type Handler = (ctx: unknown) => Promise<unknown>;
export interface Sender {
  identity: Identity;
  origin: RequestOrigin;
}

export const NOBODY: Sender = {
  identity: { kind: "none" },
  origin: {
    ip: null,
    userAgent: null,
    authToken: null,
    scheduledFunctionId: null,
  },
};
const SITE = "https://some.convex.site";
const REGISTER = {
  Query: queryGeneric,
  Mutation: mutationGeneric,
  Action: actionGeneric,
} as const;
const MAX_ITERATIONS = 100;

/** Untyped: `convexTest` says what it is for a schema. */
export function testCaller(engine: TestEngine, sender: Sender): object {
  const calling =
    (kind: Kind) => (callee: Reference | Handler, args?: unknown) =>
      call(engine, sender, { kind, callee, args });
  return {
    query: calling("Query"),
    mutation: calling("Mutation"),
    action: calling("Action"),
    run: calling("Mutation"),
    fetch: async (path: string, init?: RequestInit) =>
      engine.fetch(requestTo(path, init), common(sender)),
    finishInProgressScheduledFunctions: () =>
      engine.scheduled.finishInProgress(),
    finishAllScheduledFunctions: (
      advanceTimers: () => void,
      maxIterations = MAX_ITERATIONS,
    ) => engine.scheduled.finishAll(advanceTimers, maxIterations),
    withIdentity: (identity: Partial<UserIdentity>) =>
      testCaller(engine, asUser(sender, completeIdentity(identity))),
    withRequestMetadata: (from: Partial<RequestMetadata>) =>
      testCaller(engine, sentFrom(sender, from)),
  };
}

async function call(
  engine: TestEngine,
  sender: Sender,
  {
    kind,
    callee,
    args,
  }: { kind: Kind; callee: Reference | Handler; args: unknown },
): Promise<Value> {
  const called =
    typeof callee === "function"
      ? { fn: inline(kind, callee), target: INLINE }
      : { fn: null, target: engine.resolve(getFunctionAddress(callee)) };
  try {
    const json = convexToJson(argumentsObject(args));
    const value = await engine.run({
      ...common(sender),
      ...called,
      kind,
      args: json,
    });
    return jsonToConvex(value);
  } catch (thrown) {
    throw errorForTest(thrown);
  }
}

const INLINE = { componentPath: "", path: parseFunctionPath("inline") };

function inline(kind: Kind, handler: Handler): HostFunction {
  const registered = REGISTER[kind]({ handler });
  const fn = hostFunction("default", registered);
  if (fn === undefined) throw new Error("A registered function is none");
  return { ...fn, isInline: true };
}

function argumentsObject(args: unknown): Value {
  if (args === undefined) return {};
  const isObject =
    typeof args === "object" && args !== null && !Array.isArray(args);
  // Whether its fields are values is for `convexToJson` to say.
  if (isObject) return args as Value;
  throw new Error(
    `The arguments to a Convex function must be an object. Received: ${String(args)}`,
  );
}

function common(
  sender: Sender,
): Sender & Pick<HostCall, "caller" | "requestId"> {
  const requestId = randomBytes(8).toString("hex");
  return { ...sender, caller: "HttpApi", requestId };
}

function requestTo(path: string, init?: RequestInit): Request {
  if (path.startsWith("/")) return new Request(`${SITE}${path}`, init);
  throw new Error("Path given to `t.fetch` must start with a `/`");
}

function asUser({ origin }: Sender, user: UserIdentity): Sender {
  return {
    identity: callerIdentity(user),
    origin: { ...origin, authToken: unsignedToken(user) },
  };
}

function sentFrom(
  { identity, origin }: Sender,
  { ip = null, userAgent = null }: Partial<RequestMetadata>,
): Sender {
  return { identity, origin: { ...origin, ip, userAgent } };
}
