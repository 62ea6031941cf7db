/** What is loaded: components, their compiled modules, their realms, and what is known about each function. */
import { realmSource } from "./bundled-sources";
import { FunctionError } from "./errors";
import type { ComponentPath } from "../database/types";
import { PATIENCE } from "./execution";
import { type FunctionInfo, functionInfo, functionsOf } from "./function-info";
import type { FunctionPath } from "./function-path";
import { compileModules, type ModuleSet } from "./modules/compiled-module";
import type { RealmServices, Seed } from "./realm/realm-services";
import { TransactionRealm } from "./realm/transaction-realm";
import type { AnalyzedFunction, LoadedComponent } from "./types";

export interface DeployedComponent extends LoadedComponent {
  compiled: ModuleSet;
}

export interface DeploymentOptions {
  importPhase: { nowMs: number; seed: Seed };
  importEnv: (component: ComponentPath, name: string) => string | undefined;
  userTimeMs: number;
}

/** One push. Never changed after `createDeployment`, except that realms are made and modules evaluated on demand. */
export class Deployment {
  readonly components: ReadonlyMap<ComponentPath, DeployedComponent>;
  readonly #options: DeploymentOptions;
  readonly #realms = new Map<string, TransactionRealm>();
  readonly #functions = new Map<string, ReadonlyMap<string, FunctionInfo>>();

  constructor(
    components: readonly DeployedComponent[],
    options: DeploymentOptions,
  ) {
    this.components = new Map(
      components.map((component) => [component.componentPath, component]),
    );
    this.#options = options;
  }

  component(path: ComponentPath): DeployedComponent {
    const component = this.components.get(path);
    if (component === undefined)
      throw new FunctionError(`Component "${path}" is not mounted`);
    return component;
  }

  /** The same with more modules in one component, and realms of its own. */
  withModules(path: ComponentPath, modules: ModuleSet): Deployment {
    const changed = this.component(path);
    const compiled = new Map([...changed.compiled, ...modules]);
    const others = [...this.components.values()].filter(
      ({ componentPath }) => componentPath !== path,
    );
    return new Deployment([...others, { ...changed, compiled }], this.#options);
  }

  childOf(parent: ComponentPath, name: string): ComponentPath | undefined {
    return this.components.get(parent)?.children[name];
  }

  /** A nested call runs in a realm of its own: its caller is in the middle of running. */
  realm(component: ComponentPath, depth: number): TransactionRealm {
    const key = `${depth}:${component}`;
    const known = this.#realms.get(key);
    if (known !== undefined && !known.discarded) return known;
    const realm = new TransactionRealm({
      modules: this.component(component).compiled,
      importPhase: this.#options.importPhase,
      importEnv: (name) => this.#options.importEnv(component, name),
      userTimeMs: this.#options.userTimeMs,
    });
    this.#realms.set(key, realm);
    return realm;
  }

  /** What node modules say about themselves was learnt in a worker, before this deployment went live. */
  setFunctions(
    component: ComponentPath,
    module: string,
    functions: readonly AnalyzedFunction[],
  ): void {
    const environment =
      this.component(component).compiled.get(module)?.environment ?? "isolate";
    const infos = functions.map(
      (fn) => [fn.name, functionInfo(fn, environment)] as const,
    );
    this.#functions.set(`${component}\0${module}`, new Map(infos));
  }

  hasModule(component: ComponentPath, module: string): boolean {
    return this.components.get(component)?.compiled.has(module) === true;
  }

  /** Undefined when there is no such function; throws when its module fails to load. */
  find(
    component: ComponentPath,
    path: FunctionPath,
    depth: number,
  ): FunctionInfo | undefined {
    if (
      !this.hasModule(component, path.module) ||
      path.module.startsWith("_deps/")
    )
      return undefined;
    const key = `${component}\0${path.module}`;
    if (!this.#functions.has(key))
      this.setFunctions(
        component,
        path.module,
        this.#inspect(component, path.module, depth),
      );
    return this.#functions.get(key)?.get(path.name);
  }

  #inspect(
    component: ComponentPath,
    module: string,
    depth: number,
  ): AnalyzedFunction[] {
    const services = importServices(this.#options.importPhase);
    return this.realm(component, depth).inspect(module, services, functionsOf);
  }
}

/** Surroundings of a module that is imported outside any function. */
export function importServices(importPhase: {
  nowMs: number;
  seed: Seed;
}): RealmServices {
  const refuse = (): never => {
    throw new Error("Can't use database at import time");
  };
  return {
    syscall: refuse,
    runsFunction: () => false,
    mayShareTime: () => false,
    patience: PATIENCE,
    followsPromises: true,
    asyncSyscall: refuse,
    log: () => undefined,
    env: () => undefined,
    nowMs: importPhase.nowMs,
    seed: importPhase.seed,
    clockAdvances: false,
  };
}

export async function createDeployment(
  components: readonly LoadedComponent[],
  options: DeploymentOptions,
): Promise<Deployment> {
  const deployed = await Promise.all(
    components.map(async (component) => ({
      ...component,
      compiled: await compileModules(component.modules),
    })),
  );
  // Out of reach of the watchdog: a bundler that was stopped midway never works again.
  realmSource();
  return new Deployment(deployed, options);
}
