/** What `convex.config.js` exports, and the modules that stand in for a definition's imports of other definitions. */
import type { JSONValue } from "convex/values";
import { z } from "zod";
import { BackendError } from "../database/backend-error";
import type { PushedModule } from "../runtime/types";
import { parseBody } from "./parse-body";

const vEnvBinding = z.discriminatedUnion("type", [
  z.object({ type: z.literal("value"), value: z.string() }),
  z.object({ type: z.literal("envVar"), name: z.string() }),
]);

const vDefinition = z.looseObject({
  definitionType: z.discriminatedUnion("type", [
    z.looseObject({
      type: z.literal("app"),
      httpPrefix: z.string().optional(),
    }),
    z.looseObject({ type: z.literal("childComponent"), name: z.string() }),
  ]),
  childComponents: z.array(
    z.looseObject({
      name: z.string(),
      path: z.string(),
      env: z.array(z.tuple([z.string(), vEnvBinding])).nullish(),
    }),
  ),
  httpMounts: z.record(z.string(), z.string()),
  httpPrefix: z.string().optional(),
  exports: z.custom<JSONValue>(),
  envVars: z
    .array(
      z.tuple([
        z.string(),
        z.looseObject({ value: z.string(), optional: z.boolean().optional() }),
      ]),
    )
    .nullish(),
});

export type ComponentDefinition = z.infer<typeof vDefinition> & {
  path: string;
};

export const PLAIN_APP: ComponentDefinition = {
  path: "",
  definitionType: { type: "app" },
  childComponents: [],
  httpMounts: {},
  exports: { type: "branch", branch: [] },
};

export function parseDefinition(
  path: string,
  exported: JSONValue,
): ComponentDefinition {
  const json: unknown =
    typeof exported === "string" ? JSON.parse(exported) : exported;
  return { ...parseBody(vDefinition, json), path };
}

/** The module that `import child from "./_componentDeps/<base64url of its path>"` finds. */
export function definitionImport(
  definition: ComponentDefinition,
): PushedModule {
  const { definitionType } = definition;
  const name =
    definitionType.type === "childComponent" ? definitionType.name : "";
  const fields = [
    `export: () => (${JSON.stringify(definition)})`,
    `componentDefinitionPath: ${JSON.stringify(definition.path)}`,
    `defaultName: ${JSON.stringify(name)}`,
  ];
  return {
    path: `_componentDeps/${Buffer.from(definition.path).toString("base64url")}`,
    source: `export default { ${fields.join(", ")} };`,
    environment: "isolate",
  };
}

/** Dependencies before those who need them. */
export function inDependencyOrder<
  T extends { definitionPath: string; dependencies: readonly string[] },
>(definitions: readonly T[]): T[] {
  const byPath = new Map(
    definitions.map((definition) => [definition.definitionPath, definition]),
  );
  const ordered = new Set<T>();
  const visit = (path: string, importers: readonly string[]): void => {
    if (importers.includes(path)) {
      throw new BackendError(
        "CyclicImport",
        `Cyclic import of component definitions: ${[...importers, path].join(" -> ")}`,
      );
    }
    const definition = byPath.get(path);
    if (definition === undefined) {
      throw new BackendError(
        "InvalidComponentDefinition",
        `Component definition "${path}" was not pushed`,
      );
    }
    if (ordered.has(definition)) return;
    for (const dependency of definition.dependencies)
      visit(dependency, [...importers, path]);
    ordered.add(definition);
  };
  for (const { definitionPath } of definitions) visit(definitionPath, []);
  return [...ordered];
}
