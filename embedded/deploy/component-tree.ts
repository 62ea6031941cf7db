/** Definitions become components: every `use` in a definition is one mounted component below its parent. */
import type { JSONValue } from "convex/values";
import { BackendError } from "../database/backend-error";
import type { EvaluatedDefinition, EvaluatedPush } from "./evaluate-push";
import type { EnvBindings, StoredComponent } from "./deployment-store";

export type MountedComponent = StoredComponent & {
  evaluated: EvaluatedDefinition;
};

type Place = {
  componentPath: string;
  definitionPath: string;
  env: EnvBindings | null;
};

/** The app first, parents before children. */
export function mountComponents(push: EvaluatedPush): MountedComponent[] {
  const mounted: MountedComponent[] = [];
  const mount = (place: Place): void => {
    const evaluated = push.definitions.get(place.definitionPath);
    if (evaluated === undefined) {
      throw new BackendError(
        "InvalidComponentDefinition",
        `Component "${place.definitionPath}" was not pushed`,
      );
    }
    const component = mountedComponent(place, evaluated);
    mounted.push(component);
    requireDistinctNames(evaluated);
    for (const child of evaluated.definition.childComponents) {
      const env = inheritedBindings(child.env ?? [], place.env);
      mount({
        componentPath: childPath(place.componentPath, child.name),
        definitionPath: child.path,
        env,
      });
    }
  };
  mount({ componentPath: "", definitionPath: "", env: null });
  return mounted;
}

function requireDistinctNames({ definition }: EvaluatedDefinition): void {
  const names = new Set<string>();
  for (const { name } of definition.childComponents) {
    if (names.has(name))
      throw new BackendError(
        "TypecheckError",
        `Component "${definition.path}" has multiple child components with the same name: "${name}"`,
      );
    names.add(name);
  }
}

function mountedComponent(
  place: Place,
  evaluated: EvaluatedDefinition,
): MountedComponent {
  const { definition } = evaluated;
  const children = definition.childComponents.map(
    ({ name }): [string, string] => [
      name,
      childPath(place.componentPath, name),
    ],
  );
  return {
    ...place,
    children: Object.fromEntries(children),
    httpMounts: definition.httpMounts,
    httpPrefix: prefixOf(evaluated),
    isMounted: true,
    evaluated,
  };
}

/** `defineApp({ httpPrefix })` keeps it beside the definition's type. */
function prefixOf({ definition }: EvaluatedDefinition): string | null {
  const { definitionType } = definition;
  const ofType =
    definitionType.type === "app" ? definitionType.httpPrefix : undefined;
  return definition.httpPrefix ?? ofType ?? null;
}

function childPath(parent: string, name: string): string {
  return parent === "" ? name : `${parent}/${name}`;
}

/** A child's variable names one of its parent's; through every level it ends at a value or a variable of the app. */
function inheritedBindings(
  bindings: EnvBindings,
  parent: EnvBindings | null,
): EnvBindings {
  if (parent === null) return bindings;
  const ofParent = new Map(parent);
  return bindings.flatMap(([name, binding]): EnvBindings => {
    if (binding.type === "value") return [[name, binding]];
    const source = ofParent.get(binding.name);
    return source === undefined ? [] : [[name, source]];
  });
}

/** The form `start_push` answers with. */
export function checkedComponent(
  mounted: readonly MountedComponent[],
  componentPath = "",
): JSONValue {
  const component = mounted.find(
    (candidate) => candidate.componentPath === componentPath,
  );
  if (component === undefined)
    throw new Error(`no component at "${componentPath}"`);
  const children = Object.entries(component.children).map(([name, path]) => [
    name,
    checkedComponent(mounted, path),
  ]);
  const routes = component.evaluated.functions["http.js"]?.httpRoutes ?? null;
  return {
    definitionPath: component.definitionPath,
    componentPath,
    args: {},
    childComponents: Object.fromEntries(children) as {
      [name: string]: JSONValue;
    },
    httpRoutes: {
      httpModuleRoutes:
        routes === null ? null : routes.map(({ route }) => ({ ...route })),
      mounts: Object.keys(component.httpMounts),
    },
    exports: {},
  };
}
