/** Which function a call means: by name, by reference relative to the calling component, or by handle. */
import type { JSONValue } from "convex/values";
import { BackendError } from "../../database/backend-error";
import type { ComponentPath } from "../../database/types";
import {
  displayPath,
  type FunctionPath,
  parseFunctionPath,
} from "../function-path";

export interface FunctionTarget {
  componentPath: ComponentPath;
  path: FunctionPath;
}
export type SyscallArgs = { [name: string]: JSONValue | undefined };
/** The component path of a child, or undefined. */
export type ChildLookup = (
  parent: ComponentPath,
  name: string,
) => ComponentPath | undefined;

const HANDLE = /^function:\/\/([A-Za-z0-9_-]+)(?:#.*)?$/;

export function resolveAddress(
  args: SyscallArgs,
  from: ComponentPath,
  childOf: ChildLookup,
): FunctionTarget {
  if (typeof args["functionHandle"] === "string")
    return parseHandle(args["functionHandle"]);
  if (typeof args["reference"] === "string")
    return resolveReference(args["reference"], from, childOf);
  if (typeof args["name"] === "string")
    return { componentPath: from, path: parseFunctionPath(args["name"]) };
  throw new BackendError(
    "InvalidFunctionAddress",
    "Expected a function name, reference or handle",
  );
}

function resolveReference(
  reference: string,
  from: ComponentPath,
  childOf: ChildLookup,
): FunctionTarget {
  const [root, kind, ...rest] = reference.split("/");
  if (root === "_reference" && kind === "function")
    return { componentPath: from, path: parseFunctionPath(rest.join("/")) };
  const [childName, ...segments] = rest;
  if (
    root !== "_reference" ||
    kind !== "childComponent" ||
    childName === undefined ||
    segments.length < 2
  ) {
    throw new BackendError(
      "InvalidReference",
      `Invalid reference: ${reference}`,
    );
  }
  const child = childOf(from, childName);
  if (child === undefined)
    throw new BackendError(
      "InvalidReference",
      `Child component "${childName}" not found`,
    );
  const name = segments.pop() ?? "default";
  return {
    componentPath: child,
    path: parseFunctionPath(`${segments.join("/")}:${name}`),
  };
}

/** Stable across pushes: the id is the component and path themselves. */
export function createHandle(target: FunctionTarget): string {
  const text = JSON.stringify([
    target.componentPath,
    target.path.module,
    target.path.name,
  ]);
  return `function://${Buffer.from(text).toString("base64url")}#${displayPath(target.path)}`;
}

function parseHandle(handle: string): FunctionTarget {
  try {
    const text = Buffer.from(
      HANDLE.exec(handle)?.[1] ?? "",
      "base64url",
    ).toString("utf8");
    const [componentPath, module, name] = JSON.parse(text) as string[];
    if (
      componentPath !== undefined &&
      module !== undefined &&
      name !== undefined
    ) {
      return { componentPath, path: { module, name } };
    }
  } catch {
    // Falls through: anything unreadable is an invalid handle.
  }
  throw new BackendError(
    "InvalidFunctionHandle",
    `Invalid function handle: ${handle}`,
  );
}
