/** What a module says about its functions, and the checks made before a function is called. */
import type { JSONValue } from "convex/values";
import type { ComponentPath } from "../database/types";
import { checkValue } from "../values/validator-check";
import type { TableNameOf } from "../values/validator-match";
import { parseValidator, type ValidatorJson } from "../values/validator-json";
import { argumentsError, formatBytes, sizeOf } from "../values/value-limits";
import { FunctionError } from "./errors";
import { displayPath, type FunctionPath, storedPath } from "./function-path";
import type { ModuleExports } from "./modules/module-linker";
import type { AnalyzedFunction } from "./types";

export interface FunctionInfo extends AnalyzedFunction {
  environment: "isolate" | "node";
  argsValidator: ValidatorJson | null;
  returnsValidator: ValidatorJson | null;
}

type Registered = { [property: string]: unknown };
const KINDS = {
  isQuery: "Query",
  isMutation: "Mutation",
  isAction: "Action",
} as const;
const KIND_FLAGS = ["isQuery", "isMutation", "isAction"] as const;

/** The registered functions among a module's exports. */
export function functionsOf(exports: ModuleExports): AnalyzedFunction[] {
  return Object.entries(exports).flatMap(([name, value]) => {
    if (
      (typeof value !== "object" && typeof value !== "function") ||
      value === null
    )
      return [];
    const described = describeFunction(name, value as Registered);
    return described === null ? [] : [described];
  });
}

function describeFunction(
  name: string,
  value: Registered,
): AnalyzedFunction | null {
  const flags = KIND_FLAGS.filter((flag) => flag in value);
  const flag = flags[0];
  if (flag === undefined || flags.length !== 1) return null;
  if (value["isPublic"] === true && value["isInternal"] === true) return null;
  return {
    name,
    udfType: KINDS[flag],
    visibility:
      value["isPublic"] === true
        ? { kind: "public" }
        : value["isInternal"] === true
          ? { kind: "internal" }
          : null,
    args: exportedText(value["exportArgs"]),
    returns: exportedText(value["exportReturns"]),
    pos: null,
  };
}

function exportedText(exporter: unknown): string | null {
  if (typeof exporter !== "function") return null;
  return String((exporter as () => unknown)());
}

export function functionInfo(
  analyzed: AnalyzedFunction,
  environment: "isolate" | "node",
): FunctionInfo {
  return {
    ...analyzed,
    environment,
    argsValidator: validatorOf(analyzed.args),
    returnsValidator: validatorOf(analyzed.returns),
  };
}

function validatorOf(text: string | null): ValidatorJson | null {
  const json = text === null ? null : (JSON.parse(text) as JSONValue);
  return json === null ? null : parseValidator(json);
}

export function checkArguments(
  info: FunctionInfo,
  args: JSONValue,
  tableNameOf: TableNameOf,
): void {
  if (info.argsValidator === null || info.argsValidator.type === "any") return;
  const problem = checkValue(args, info.argsValidator, tableNameOf);
  if (problem !== null)
    throw new FunctionError(`ArgumentValidationError: ${problem}`);
}

export function checkReturns(
  info: FunctionInfo,
  value: JSONValue,
  tableNameOf: TableNameOf,
): void {
  if (info.returnsValidator === null || info.returnsValidator.type === "any")
    return;
  const problem = checkValue(value, info.returnsValidator, tableNameOf);
  if (problem !== null)
    throw new FunctionError(`ReturnsValidationError: ${problem}`);
}

/** What clients send need not be encoded values at all. */
export function checkEncoding(
  args: JSONValue,
  path: FunctionPath,
  options: { mayHaveCommitTs: boolean },
): void {
  const problem = argumentsError(args, options);
  if (problem === null) return;
  throw new FunctionError(
    `Invalid arguments for ${storedPath(path)}: ${problem}`,
  );
}

export function checkSize(
  args: JSONValue,
  path: FunctionPath,
  limitBytes: number,
  what: "args" | "returns",
): void {
  const bytes = sizeOf(args);
  if (bytes <= limitBytes) return;
  const size = `(actual: ${formatBytes(bytes)}, limit: ${formatBytes(limitBytes)})`;
  if (what === "args")
    throw new FunctionError(
      `Arguments for ${storedPath(path)} are too large ${size}`,
    );
  throw new FunctionError(
    `Function ${storedPath(path)} return value is too large ${size}`,
  );
}

export function notFound(
  path: FunctionPath,
  componentPath: ComponentPath,
  scope: "public" | "any",
): FunctionError {
  const kind = scope === "public" ? "public function" : "function";
  const place = componentPath === "" ? "" : ` in '${componentPath}'`;
  return new FunctionError(
    `Could not find ${kind} for '${displayPath(path)}'${place}. Did you forget to run \`npx convex dev\`?`,
  );
}

export function wrongType(
  path: FunctionPath,
  wanted: string,
  actual: string,
): FunctionError {
  return new FunctionError(
    `Trying to execute ${storedPath(path)} as ${wanted}, but it is defined as ${actual}.`,
  );
}
