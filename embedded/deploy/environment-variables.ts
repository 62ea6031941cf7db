import { z } from "zod";
import { BackendError } from "../database/backend-error";
import { parseBody } from "./parse-body";

const MAX_VARIABLES = 512;
const MAX_NAME_LENGTH = 256;
const MAX_VALUE_BYTES = 8192;
const RESERVED = new Set(["CONVEX_CLOUD_URL", "CONVEX_SITE_URL"]);

export type Environment = { [name: string]: string };
export type EnvironmentChange = { name: string; value: string | null };

const vChanges = z.object({
  changes: z.array(
    z.object({
      name: z.string(),
      value: z
        .string()
        .nullish()
        .transform((value) => value ?? null),
    }),
  ),
});

export function parseEnvironmentChanges(body: unknown): EnvironmentChange[] {
  return parseBody(vChanges, body).changes;
}

/** The environment after `changes`, or a `BackendError` naming the rule that one of them breaks. */
export function changedEnvironment(
  current: Environment,
  changes: readonly EnvironmentChange[],
): Environment {
  const names = new Set(changes.map((change) => change.name));
  if (names.size < changes.length) {
    throw new BackendError(
      "EnvVarNameNotUnique",
      "Environment variable names must be unique in one update",
    );
  }
  const next = new Map(Object.entries(current));
  for (const { name, value } of changes) {
    if (value === null) next.delete(name);
    else next.set(validName(name), validValue(name, value));
  }
  if (next.size > MAX_VARIABLES) {
    throw new BackendError(
      "EnvVarLimitMet",
      `You can have at most ${MAX_VARIABLES} environment variables`,
    );
  }
  return Object.fromEntries(next);
}

function validName(name: string): string {
  if (name.length > MAX_NAME_LENGTH) {
    throw new BackendError(
      "EnvironmentVariableNameTooLong",
      `Environment variable name is too long (${name.length} > maximum length ${MAX_NAME_LENGTH})`,
    );
  }
  if (!/^[a-zA-Z_]+[a-zA-Z0-9_]*$/.test(name)) {
    throw new BackendError(
      "EnvironmentVariableNameInvalid",
      `Environment variable name "${name}" must start with a letter or underscore and only contain letters, numbers and underscores`,
    );
  }
  if (RESERVED.has(name)) {
    throw new BackendError(
      "RequiredEnvironmentVariable",
      `Environment variable "${name}" is built in and cannot be set`,
    );
  }
  return name;
}

function validValue(name: string, value: string): string {
  if (Buffer.byteLength(value) <= MAX_VALUE_BYTES) return value;
  throw new BackendError(
    "EnvironmentVariableValueTooLarge",
    `The value of environment variable "${name}" is larger than ${MAX_VALUE_BYTES} bytes`,
  );
}
