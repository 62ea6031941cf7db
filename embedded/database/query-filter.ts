/** Compiles filter expressions to functions over encoded documents. */
import { convexToJson, jsonToConvex, type JSONValue } from "convex/values";
import {
  asObject,
  fieldAt,
  isUndefined,
  typeOf,
} from "../values/encoded-value";
import { compareEncoded } from "../values/index-key";
import { formatValue } from "../values/value-text";
import { BackendError } from "./backend-error";
import type { DocumentJson } from "./types";

export type Filter = (document: DocumentJson) => boolean;
type Evaluate = (document: DocumentJson) => JSONValue | undefined;

const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;

export function compileFilter(expression: JSONValue): Filter {
  const evaluate = compile(expression);
  return (document) => truth(evaluate(document));
}

const COMPARISONS: { [operator: string]: (order: number) => boolean } = {
  $eq: (order) => order === 0,
  $neq: (order) => order !== 0,
  $lt: (order) => order < 0,
  $lte: (order) => order <= 0,
  $gt: (order) => order > 0,
  $gte: (order) => order >= 0,
};

type Arithmetic = {
  verb: string;
  integers: (a: bigint, b: bigint) => bigint;
  floats: (a: number, b: number) => number;
};
const ARITHMETIC: { [operator: string]: Arithmetic } = {
  $add: { verb: "add", integers: (a, b) => a + b, floats: (a, b) => a + b },
  $sub: {
    verb: "subtract",
    integers: (a, b) => a - b,
    floats: (a, b) => a - b,
  },
  $mul: {
    verb: "multiply",
    integers: (a, b) => a * b,
    floats: (a, b) => a * b,
  },
  $div: {
    verb: "divide",
    integers: (a, b) => a / nonZero(b),
    floats: (a, b) => a / b,
  },
  $mod: {
    verb: "take the remainder of",
    integers: (a, b) => a % nonZero(b),
    floats: (a, b) => a % b,
  },
};

function compile(expression: JSONValue): Evaluate {
  const [operator, operand] = Object.entries(asExpression(expression))[0] ?? [];
  if (operator === undefined || operand === undefined)
    throw invalid(expression);
  const comparison = COMPARISONS[operator];
  if (comparison !== undefined) return compileComparison(operand, comparison);
  const arithmetic = ARITHMETIC[operator];
  if (arithmetic !== undefined) return compileArithmetic(operand, arithmetic);
  return compileOther(operator, operand);
}

function compileOther(operator: string, operand: JSONValue): Evaluate {
  switch (operator) {
    case "$literal": {
      const value = isUndefined(operand) ? undefined : operand;
      return () => value;
    }
    case "$field": {
      const path = String(operand).split(".");
      return (document) => fieldAt(document, path);
    }
    case "$and": {
      const parts = operands(operand).map(compile);
      return (document) => parts.every((part) => truth(part(document)));
    }
    case "$or": {
      const parts = operands(operand).map(compile);
      return (document) => parts.some((part) => truth(part(document)));
    }
    case "$not": {
      const part = compile(operand);
      return (document) => !truth(part(document));
    }
    case "$neg": {
      const part = compile(operand);
      return (document) => negate(part(document));
    }
    default:
      throw invalid({ [operator]: operand });
  }
}

function compileComparison(
  operand: JSONValue,
  holds: (order: number) => boolean,
): Evaluate {
  const [left, right] = compilePair(operand);
  return (document) => holds(compareEncoded(left(document), right(document)));
}

function compileArithmetic(
  operand: JSONValue,
  operation: Arithmetic,
): Evaluate {
  const [left, right] = compilePair(operand);
  return (document) => calculate(operation, left(document), right(document));
}

function compilePair(operand: JSONValue): [Evaluate, Evaluate] {
  const [left, right] = operands(operand);
  if (left === undefined || right === undefined) throw invalid(operand);
  return [compile(left), compile(right)];
}

function calculate(
  operation: Arithmetic,
  left: JSONValue | undefined,
  right: JSONValue | undefined,
): JSONValue {
  const [a, b] = [numberIn(left), numberIn(right)];
  if (typeof a === "number" && typeof b === "number")
    return convexToJson(operation.floats(a, b));
  if (typeof a === "bigint" && typeof b === "bigint")
    return encodeInteger(operation.integers(a, b));
  throw evalError(
    `Cannot ${operation.verb} ${describe(left)} and ${describe(right)}`,
  );
}

function negate(value: JSONValue | undefined): JSONValue {
  const number = numberIn(value);
  if (typeof number === "number") return convexToJson(-number);
  if (typeof number === "bigint") return encodeInteger(-number);
  throw evalError(`Cannot negate ${describe(value)}`);
}

function numberIn(value: JSONValue | undefined): number | bigint | null {
  const type = typeOf(value);
  if (value === undefined || (type !== "int64" && type !== "float64"))
    return null;
  const decoded = jsonToConvex(value);
  return typeof decoded === "number" || typeof decoded === "bigint"
    ? decoded
    : null;
}

function encodeInteger(value: bigint): JSONValue {
  if (value < MIN_INT64 || value > MAX_INT64)
    throw evalError("Integer overflow");
  return convexToJson(value);
}

function nonZero(value: bigint): bigint {
  if (value === 0n) throw evalError("Division by zero");
  return value;
}

function truth(value: JSONValue | undefined): boolean {
  if (typeof value === "boolean") return value;
  throw evalError(`Expected a boolean, got ${describe(value)}`);
}

function describe(value: JSONValue | undefined): string {
  return `${formatValue(value)} (type ${typeOf(value)})`;
}

function asExpression(json: JSONValue): { [operator: string]: JSONValue } {
  const object = asObject(json);
  if (object === null || Object.keys(object).length !== 1) throw invalid(json);
  return object;
}

function operands(json: JSONValue): JSONValue[] {
  if (!Array.isArray(json)) throw invalid(json);
  return json;
}

function evalError(message: string): BackendError {
  return new BackendError("EvalError", message);
}

function invalid(json: JSONValue): BackendError {
  return new BackendError(
    "InvalidQuery",
    `Invalid filter expression: ${JSON.stringify(json)}`,
  );
}
