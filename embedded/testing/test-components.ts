/** The app (path "") and the components that a test has registered. */
import type { ComponentPath } from "../database/types";
import { type FunctionInfo, notFound } from "../runtime/function-info";
import { parseFunctionPath } from "../runtime/function-path";
import {
  type FunctionTarget,
  resolveAddress,
  type SyscallArgs,
} from "../runtime/syscalls/address";
import { checkSchedulable } from "../runtime/syscalls/udf-syscalls";
import type { HostFunction } from "./host-function";
import { type ModuleGlob, TestModules } from "./test-modules";

export class TestComponents {
  readonly #components = new Map<ComponentPath, TestModules>();

  add(path: ComponentPath, glob: ModuleGlob): void {
    this.#components.set(path, new TestModules(glob));
  }

  get paths(): ComponentPath[] {
    return [...this.#components.keys()];
  }

  modules(path: ComponentPath): TestModules {
    const modules = this.#components.get(path);
    if (modules !== undefined) return modules;
    throw new Error(
      `Component "${path}" is not registered. Call "t.registerComponent".`,
    );
  }

  resolve(args: SyscallArgs, from: ComponentPath): FunctionTarget {
    return resolveAddress(args, from, (parent, name) =>
      this.childOf(parent, name),
    );
  }

  /** The name under which a test registers a component is its path. */
  childOf(parent: ComponentPath, name: string): ComponentPath {
    const path = parent === "" ? name : `${parent}/${name}`;
    this.modules(path);
    return path;
  }

  async find(target: FunctionTarget): Promise<HostFunction> {
    const modules = this.modules(target.componentPath);
    await modules.load(target.path.module);
    const found = modules.find(target.path);
    if (found !== undefined) return found;
    throw notFound(target.path, target.componentPath, "any");
  }

  /** The syscalls that schedule look at a function without waiting: its module must have been loaded. */
  async prepare(args: SyscallArgs, from: ComponentPath): Promise<void> {
    const { componentPath, path } = this.resolve(args, from);
    await this.modules(componentPath).load(path.module);
  }

  schedulable(target: FunctionTarget): FunctionInfo {
    const modules = this.modules(target.componentPath);
    const info = modules.find(target.path)?.info;
    return checkSchedulable(target, info, modules.has(target.path.module));
  }

  udfTypeOf(
    component: ComponentPath,
    path: string,
  ): "Query" | "Mutation" | "Action" | null {
    const found = this.modules(component).find(parseFunctionPath(path));
    return found?.info.udfType ?? null;
  }
}
