import type { JSONValue } from "convex/values";
import type { Frame } from "../execution";
import type { FileStore } from "../files/file-store";
import type { FunctionInfo } from "../function-info";
import type { RuntimeLimits } from "../limits";
import type { FunctionTarget, SyscallArgs } from "./address";

/** What frames need from the machinery above them. */
export interface UdfHost {
  files: FileStore;
  limits: RuntimeLimits;
  componentEnv(
    componentPath: string,
    all: { [name: string]: string },
  ): { [name: string]: string };
  resolve(args: SyscallArgs, frame: { componentPath: string }): FunctionTarget;
  /** Null for modules that only a worker can read. Throws when there is no such function. */
  schedulable(target: FunctionTarget, depth: number): FunctionInfo;
  runNested(frame: Frame, args: SyscallArgs): JSONValue;
}
