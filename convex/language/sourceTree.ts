import type {
  AnyNode,
  CallExpression,
  Identifier,
  Node,
  Position,
  Property,
  Program as ProgramNode,
} from "acorn";
import { parse } from "acorn";
import type { SourceRange } from "./graph";

/** Throws acorn's SyntaxError, which carries `loc`. */
export function parseProgram(code: string): ProgramNode {
  return parse(code, {
    ecmaVersion: 2023,
    sourceType: "module",
    locations: true,
  });
}

/** The nodes directly below, in the order in which the parser made them. */
export function* children(node: Node): Generator<AnyNode> {
  for (const value of Object.values(node)) {
    const list: unknown[] = Array.isArray(value) ? value : [value];
    for (const item of list) if (isNode(item)) yield item;
  }
}

function isNode(value: unknown): value is AnyNode {
  return (
    typeof value === "object" &&
    value !== null &&
    "type" in value &&
    typeof value.type === "string"
  );
}

export function* descendants(node: AnyNode): Generator<AnyNode> {
  yield node;
  for (const child of children(node)) yield* descendants(child);
}

export function rangeOf(node: Node): SourceRange {
  const { start, end } = node.loc ?? {
    start: { line: 1, column: 0 },
    end: { line: 1, column: 1 },
  };
  return between(start, end);
}

export function between(start: Position, end: Position): SourceRange {
  return {
    line: start.line,
    column: start.column + 1,
    endLine: end.line,
    endColumn: end.column + 1,
  };
}

/** `something.method(…)`: `range` starts at the method's name, because the chain before it is other steps. */
export type MethodCall = {
  method: string;
  call: CallExpression;
  property: Identifier;
  range: SourceRange;
};

export function methodCalls(program: ProgramNode): MethodCall[] {
  const found: MethodCall[] = [];
  for (const node of descendants(program)) {
    const call = asMethodCall(node);
    if (call !== null) found.push(call);
  }
  return found;
}

function asMethodCall(node: AnyNode): MethodCall | null {
  if (node.type !== "CallExpression") return null;
  const { callee } = node;
  if (callee.type !== "MemberExpression" || callee.computed) return null;
  const { property } = callee;
  if (property.type !== "Identifier") return null;
  if (!property.loc || !node.loc) return null;
  const range = between(property.loc.start, node.loc.end);
  return { method: property.name, call: node, property, range };
}

/** The value of a property in an object literal. */
export function propertyOf(
  node: AnyNode | undefined,
  name: string,
): AnyNode | undefined {
  return findProperty(node, name)?.value;
}

/** Where a property of an object literal is written, its value included. */
export function propertyRange(
  node: AnyNode | undefined,
  name: string,
): SourceRange | null {
  const property = findProperty(node, name);
  return property === undefined ? null : rangeOf(property);
}

function findProperty(
  node: AnyNode | undefined,
  name: string,
): Property | undefined {
  if (node?.type !== "ObjectExpression") return undefined;
  return node.properties.findLast(
    (property): property is Property =>
      property.type === "Property" &&
      !property.computed &&
      plainKey(property.key) === name,
  );
}

function plainKey(key: AnyNode): string | null {
  if (key.type === "Identifier") return key.name;
  return key.type === "Literal" ? String(key.value) : null;
}

/** The call of this method that stands at this place, as an engine's stack trace tells places. */
export function callAt(
  calls: readonly MethodCall[],
  method: string,
  line: number,
  column: number,
): MethodCall | null {
  const at = calls.filter(
    (call) => call.method === method && covers(call, line, column),
  );
  return at.at(-1) ?? null;
}

/** From the method's name to its first argument. */
function covers(call: MethodCall, line: number, column: number): boolean {
  const start = call.property.loc?.start;
  const end = (call.call.arguments[0] ?? call.call).loc?.start;
  const last = call.call.arguments[0] ? end : call.call.loc?.end;
  if (!start || !last) return false;
  const place = line * 1e6 + column - 1;
  return (
    place >= start.line * 1e6 + start.column &&
    place <= last.line * 1e6 + last.column
  );
}

/** What is written as the argument of `workflow(…)`, the call that stands at this place; undefined if nothing is. */
export function optionsOfCall(
  program: ProgramNode,
  at: { line: number; column: number } | null,
): AnyNode | undefined {
  if (at === null) return undefined;
  for (const node of descendants(program)) {
    if (node.type !== "CallExpression" || node.callee.type !== "Identifier")
      continue;
    const { line, column, endColumn } = rangeOf(node.callee);
    if (line === at.line && column <= at.column && at.column <= endColumn)
      return node.arguments[0];
  }
  return undefined;
}
