/** Functions as the test's modules export them. */
import type { JSONValue } from "convex/values";
import { BackendError } from "../database/backend-error";
import {
  type FunctionInfo,
  functionInfo,
  functionsOf,
} from "../runtime/function-info";

export interface HostFunction {
  info: FunctionInfo;
  /** Part of the test itself, not of its modules. */
  isInline: boolean;
  /** The encoded JSON that it returned; `requestId` is passed to actions. */
  invoke(args: JSONValue, requestId: string): Promise<JSONValue>;
}

type Registered = { [method: string]: (...args: string[]) => Promise<string> };
const METHODS = {
  Query: "invokeQuery",
  Mutation: "invokeMutation",
  Action: "invokeAction",
} as const;

const known = new WeakMap<object, HostFunction>();

/** Undefined when the value is not a registered function. */
export function hostFunction(
  name: string,
  exported: unknown,
): HostFunction | undefined {
  if (typeof exported !== "function" && typeof exported !== "object")
    return undefined;
  if (exported === null) return undefined;
  const found = known.get(exported) ?? describe(name, exported);
  if (found !== undefined) known.set(exported, found);
  return found;
}

function describe(name: string, exported: object): HostFunction | undefined {
  const [analyzed] = functionsOf({ [name]: exported });
  if (analyzed === undefined) return undefined;
  const info = functionInfo(analyzed, "isolate");
  requireObject(info);
  const method = METHODS[info.udfType];
  const invoke = async (...args: string[]): Promise<JSONValue> =>
    // A registered function has the method of its type, by the contract of `convex/server`.
    JSON.parse(
      (await (exported as Registered)[method]?.(...args)) ?? "null",
    ) as JSONValue;
  return {
    info,
    isInline: false,
    invoke: (args, requestId) => {
      const text = JSON.stringify([args]);
      return info.udfType === "Action" ? invoke(requestId, text) : invoke(text);
    },
  };
}

/** Refused by a push; a test has none. */
function requireObject({ name, argsValidator }: FunctionInfo): void {
  const type = argsValidator?.type ?? "any";
  if (type === "any" || type === "object") return;
  throw new BackendError(
    "InvalidModules",
    `Invalid JSON returned from ${name}.exportArgs(): Args validator must be an object or any`,
  );
}
