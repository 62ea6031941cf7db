/** Writes a push: components, modules, crons, schemas and providers, all in the transaction it is given. */
import type { JSONValue } from "convex/values";
import type { ComponentPath, Database, Transaction } from "../database/types";
import { replaceCrons } from "../scheduler/cron-rows";
import type { MountedComponent } from "./component-tree";
import {
  readAppConfig,
  readComponents,
  readModules,
  writeAppConfig,
  writeComponent,
  writeModules,
  type AppConfig,
  type StoredComponent,
} from "./deployment-store";
import { indexDiff } from "./index-diff";

export type AppliedPush = {
  config: AppConfig;
  mounted: readonly MountedComponent[];
};
type Services = { database: Database; nowMs: number };

export const NO_DIFF: JSONValue = {
  authDiff: { added: [], removed: [] },
  definitionDiffs: {},
  componentDiffs: {},
};

/** Returns what has changed, as `finish_push` answers it. */
export function applyPush(
  tx: Transaction,
  { config, mounted }: AppliedPush,
  services: Services,
): JSONValue {
  const before = new Map(
    readComponents(tx).map((component) => [component.componentPath, component]),
  );
  const previousConfig = readAppConfig(tx);
  const diffs = mounted.map((component) => [
    component.componentPath,
    applyComponent(tx, component, { before, ...services }),
  ]);
  const paths = new Set(mounted.map(({ componentPath }) => componentPath));
  for (const component of before.values())
    if (!paths.has(component.componentPath))
      unmount(tx, component, services.nowMs);
  writeAppConfig(tx, config);
  services.database.applySchemas(schemasOf(mounted));
  tx.touch("code");
  return {
    authDiff: authDiff(previousConfig, config),
    definitionDiffs: {},
    componentDiffs: Object.fromEntries(diffs) as { [path: string]: JSONValue },
  };
}

function schemasOf(mounted: readonly MountedComponent[]) {
  return new Map(
    mounted.map(({ componentPath, evaluated }) => [
      componentPath,
      evaluated.schema,
    ]),
  );
}

function applyComponent(
  tx: Transaction,
  component: MountedComponent,
  around: Services & { before: ReadonlyMap<ComponentPath, StoredComponent> },
): JSONValue {
  const { evaluated, ...stored } = component;
  const { componentPath } = stored;
  const oldModules = readModules(tx, componentPath).get(componentPath) ?? [];
  const before = oldModules.map(({ path }) => path);
  const after = evaluated.modules.map(({ path }) => path);
  writeComponent(tx, stored);
  writeModules(tx, componentPath, evaluated.modules);
  const crons = evaluated.functions["crons.js"]?.cronSpecs ?? [];
  const cronDiff = replaceCrons(tx, componentPath, crons, around.nowMs);
  return {
    diffType: { type: diffType(around.before.get(componentPath)) },
    moduleDiff: {
      added: without(after, before),
      removed: without(before, after),
    },
    udfConfigDiff: null,
    cronDiff,
    indexDiff: indexDiff(
      around.database.schemaOf(componentPath),
      evaluated.schema,
    ),
    schemaDiff: null,
  };
}

function diffType(
  previous: StoredComponent | undefined,
): "create" | "modify" | "remount" {
  if (previous === undefined) return "create";
  return previous.isMounted ? "modify" : "remount";
}

/** Its data stays; its code and crons go. */
function unmount(
  tx: Transaction,
  component: StoredComponent,
  nowMs: number,
): void {
  writeComponent(tx, { ...component, isMounted: false });
  writeModules(tx, component.componentPath, []);
  replaceCrons(tx, component.componentPath, [], nowMs);
}

function authDiff(previous: AppConfig | null, next: AppConfig): JSONValue {
  const texts = (providers: AppConfig["providers"]) =>
    providers.map((provider) => JSON.stringify(provider));
  const before = texts(previous?.providers ?? []);
  const after = texts(next.providers);
  return { added: without(after, before), removed: without(before, after) };
}

function without(
  values: readonly string[],
  others: readonly string[],
): string[] {
  const known = new Set(others);
  return values.filter((value) => !known.has(value));
}
