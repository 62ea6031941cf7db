/** The deployments that a worker has been given. */
import { FunctionError } from "../errors";
import type { CompiledModule, ModuleSet } from "../modules/compiled-module";
import { IdleIsolates } from "./idle-isolates";
import type { IsolateRealm, IsolateRealmOptions } from "./isolate-realm";
import { NodeRealm } from "./node-realm";

type ComponentModules = {
  modules: ModuleSet;
  byFilename: ReadonlyMap<string, CompiledModule>;
  /** Evaluated modules keep their state as long as the deployment lives. */
  node: NodeRealm | null;
  isolates: IdleIsolates | null;
};
type ForIsolates = Pick<IsolateRealmOptions, "realmSource" | "regions">;
type Place = { deploymentId: number; componentPath: string };

export class LoadedModules {
  readonly #forIsolates: ForIsolates;
  readonly #deployments = new Map<number, Map<string, ComponentModules>>();

  constructor(forIsolates: ForIsolates) {
    this.#forIsolates = forIsolates;
  }

  add(
    deploymentId: number,
    components: readonly [string, CompiledModule[]][],
  ): void {
    const loaded = components.map(
      ([path, modules]) => [path, componentModules(modules)] as const,
    );
    this.#deployments.set(deploymentId, new Map(loaded));
  }

  remove(deploymentId: number): void {
    this.#deployments.delete(deploymentId);
  }

  modulesOf(place: Place): ComponentModules {
    const found = this.#deployments
      .get(place.deploymentId)
      ?.get(place.componentPath);
    if (found === undefined)
      throw new FunctionError("This deployment is no longer loaded");
    return found;
  }

  isolatesOf(place: Place): IdleIsolates {
    const component = this.modulesOf(place);
    component.isolates ??= new IdleIsolates({
      ...component,
      ...this.#forIsolates,
    });
    return component.isolates;
  }

  /** Something that its last action left behind has shown itself. */
  discardIsolate(isIt: (realm: IsolateRealm) => boolean): void {
    for (const components of this.#deployments.values())
      for (const { isolates } of components.values()) isolates?.discard(isIt);
  }

  nodeRealm(place: Place): NodeRealm {
    const component = this.modulesOf(place);
    component.node ??= new NodeRealm(component.modules, component.byFilename);
    return component.node;
  }
}

function componentModules(modules: CompiledModule[]): ComponentModules {
  return {
    modules: new Map(modules.map((module) => [module.path, module])),
    byFilename: new Map(modules.map((module) => [module.filename, module])),
    node: null,
    isolates: null,
  };
}
