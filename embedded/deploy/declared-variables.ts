/** What `defineApp({ env })` and `defineComponent(name, { env })` declare, held against what is set when a push is finished. */
import type { JSONValue } from "convex/values";
import { BackendError } from "../database/backend-error";
import type { MountedComponent } from "./component-tree";
import type { Environment } from "./environment-variables";

type Declared = { name: string; isOptional: boolean; allowed: string[] | null };

/** Throws when a variable that somebody requires is not set, or is set to what its validator excludes. */
export function requireDeclaredVariables(
  mounted: readonly MountedComponent[],
  environment: Environment,
): void {
  const missing = new Set<string>();
  for (const component of mounted) {
    const bindings = component.env === null ? null : new Map(component.env);
    for (const declared of declaredBy(component)) {
      const binding =
        bindings === null
          ? ({ type: "envVar", name: declared.name } as const)
          : bindings.get(declared.name);
      const value =
        binding?.type === "envVar" ? environment[binding.name] : binding?.value;
      if (value === undefined) {
        if (!declared.isOptional)
          missing.add(
            binding?.type === "envVar" ? binding.name : declared.name,
          );
      } else requireAllowed(component.componentPath, declared, value);
    }
  }
  if (missing.size === 0) return;
  throw new BackendError(
    "MissingEnvironmentVariables",
    `Environment variables declared in convex.config.ts are not set: ${[...missing].join(", ")}.`,
  );
}

function declaredBy({ evaluated }: MountedComponent): Declared[] {
  return (evaluated.definition.envVars ?? []).map(
    ([name, { value, optional }]) => ({
      name,
      isOptional: optional ?? false,
      allowed: allowedTexts(JSON.parse(value) as JSONValue),
    }),
  );
}

/** Validators of variables are strings, literals and unions of these; null when any text will do. */
function allowedTexts(validator: JSONValue): string[] | null {
  const { type, value } = validator as { type: string; value?: JSONValue };
  if (type === "literal") return [String(value)];
  if (type !== "union" || !Array.isArray(value)) return null;
  const members = value.map(allowedTexts);
  return members.some((member) => member === null)
    ? null
    : members.flatMap((member) => member ?? []);
}

function requireAllowed(
  componentPath: string,
  { name, allowed }: Declared,
  value: string,
): void {
  if (allowed === null || allowed.includes(value)) return;
  const owner =
    componentPath === "" ? "the app" : `component "${componentPath}"`;
  throw new BackendError(
    "InvalidEnvironmentVariable",
    `Environment variable ${name} of ${owner} is set to a value that its validator does not allow. ` +
      `Allowed: ${allowed.map((text) => JSON.stringify(text)).join(", ")}.`,
  );
}
