import type {
  AnyNode,
  ArrowFunctionExpression,
  CallExpression,
  Expression,
  FunctionExpression,
  Pattern,
} from "acorn";
import { children } from "./sourceTree";

/** Names of steps that functions mention; null means that it cannot be known. */
export type Mentions = { steps: string[] | null; input: boolean };

export const UNKNOWN: Mentions = { steps: null, input: true };

type InlineFunction = ArrowFunctionExpression | FunctionExpression;

const BLOCKS = new Set(["then", "else", "do", "cases", "default", "onTimeout"]);

/**
 * What the functions in a step's arguments read, those of the steps inside it left out. It errs only
 * by naming too much: a mention that is not plainly `steps.name` makes the answer null.
 */
export function mentionsOf(call: CallExpression): Mentions {
  return merge(call.arguments.slice(1).map(argumentMentions));
}

/** For `.output(fn)`, whose first argument is the function. */
export function mentionsOfAll(call: CallExpression): Mentions {
  return merge(call.arguments.map(argumentMentions));
}

function argumentMentions(argument: AnyNode): Mentions {
  if (isFunction(argument)) return functionMentions(argument);
  if (argument.type !== "ObjectExpression") return literalOrUnknown(argument);
  return merge(
    argument.properties.map((property) => {
      if (property.type === "SpreadElement" || property.computed)
        return UNKNOWN;
      if (BLOCKS.has(keyName(property.key) ?? "")) return NOTHING;
      return isFunction(property.value)
        ? functionMentions(property.value)
        : literalOrUnknown(property.value);
    }),
  );
}

export const NOTHING: Mentions = { steps: [], input: false };

/** Only an identifier can be a function defined elsewhere; calls such as `z.object(…)` give data. */
function literalOrUnknown(node: AnyNode): Mentions {
  return node.type === "Identifier" && node.name !== "undefined"
    ? UNKNOWN
    : NOTHING;
}

function merge(all: Mentions[]): Mentions {
  const names = new Set<string>();
  let known = true;
  for (const { steps } of all) {
    if (steps === null) known = false;
    else for (const name of steps) names.add(name);
  }
  return {
    steps: known ? [...names].toSorted() : null,
    input: all.some((mentions) => mentions.input),
  };
}

function isFunction(node: AnyNode): node is InlineFunction {
  return (
    node.type === "ArrowFunctionExpression" ||
    node.type === "FunctionExpression"
  );
}

function functionMentions(fn: InlineFunction): Mentions {
  const [parameter, ...others] = fn.params;
  if (fn.type !== "ArrowFunctionExpression" && usesArguments(fn.body))
    return UNKNOWN;
  if (parameter === undefined) return NOTHING;
  if (others.length > 0) return UNKNOWN;
  if (parameter.type === "Identifier")
    return contextMentions(fn.body, parameter.name);
  if (parameter.type !== "ObjectPattern") return UNKNOWN;
  return merge(
    parameter.properties.map((property) => {
      if (property.type === "RestElement" || property.computed) return UNKNOWN;
      return partMentions(keyName(property.key), property.value, fn.body);
    }),
  );
}

function usesArguments(node: AnyNode): boolean {
  if (node.type === "Identifier") return node.name === "arguments";
  return [...children(node)].some(usesArguments);
}

/** What is read through one destructured part of the context. */
function partMentions(
  part: string | null,
  pattern: Pattern,
  body: AnyNode,
): Mentions {
  if (part === "input") return { steps: [], input: true };
  if (part !== "steps") return part === null ? UNKNOWN : NOTHING;
  if (pattern.type === "Identifier")
    return { steps: namesRead(body, pattern.name), input: false };
  if (pattern.type === "ObjectPattern")
    return { steps: patternNames(pattern), input: false };
  return UNKNOWN;
}

/** `context.steps.x`, `context.input`; any other use of `context` is unknown. */
function contextMentions(body: AnyNode, context: string): Mentions {
  const steps: string[] = [];
  let input = false;
  const visit = (node: AnyNode): boolean => {
    const part = memberOf(node, (object) => isNamed(object, context));
    if (part === "input") return (input = true);
    if (part !== null && part !== "steps") return true;
    const name = memberOf(
      node,
      (object) =>
        memberOf(object, (inner) => isNamed(inner, context)) === "steps",
    );
    if (name !== null) return void steps.push(name) === undefined;
    if (part === "steps" || isNamed(node, context)) return false;
    return [...children(node)].every(visit);
  };
  return visit(body) ? { steps, input } : UNKNOWN;
}

/** Every `object.name` in the body; null when the object is used in any other way. */
function namesRead(body: AnyNode, object: string): string[] | null {
  const names: string[] = [];
  const visit = (node: AnyNode): boolean => {
    const name = memberOf(node, (target) => isNamed(target, object));
    if (name !== null) return void names.push(name) === undefined;
    const taken = destructured(node, object);
    if (taken !== null) return void names.push(...taken) === undefined;
    if (isNamed(node, object)) return false;
    return mentionable(node).every(visit);
  };
  return visit(body) ? names : null;
}

/** `const { a, b } = steps`. */
function destructured(node: AnyNode, object: string): string[] | null {
  if (node.type !== "VariableDeclarator" || node.id.type !== "ObjectPattern")
    return null;
  if (!node.init || !isNamed(node.init, object)) return null;
  return patternNames(node.id);
}

function patternNames(pattern: Pattern): string[] | null {
  if (pattern.type !== "ObjectPattern") return null;
  const names: string[] = [];
  for (const property of pattern.properties) {
    if (property.type === "RestElement" || property.computed) return null;
    const name = keyName(property.key);
    if (name === null) return null;
    names.push(name);
  }
  return names;
}

/** The children that can be references: not the name after a dot, not the key of a property. */
function mentionable(node: AnyNode): AnyNode[] {
  if (node.type === "MemberExpression" && !node.computed) return [node.object];
  if (node.type === "Property" && !node.computed && !node.shorthand)
    return [node.value];
  return [...children(node)];
}

/** `x.name` or `x["name"]` where `x` passes the test. */
function memberOf(
  node: AnyNode,
  isObject: (node: AnyNode) => boolean,
): string | null {
  if (node.type !== "MemberExpression" || !isObject(node.object)) return null;
  if (!node.computed)
    return node.property.type === "Identifier" ? node.property.name : null;
  return literalText(node.property);
}

function isNamed(node: AnyNode, name: string): boolean {
  return node.type === "Identifier" && node.name === name;
}

function keyName(key: Expression | AnyNode): string | null {
  return key.type === "Identifier" ? key.name : literalText(key);
}

export function literalText(node: AnyNode): string | null {
  return node.type === "Literal" && typeof node.value === "string"
    ? node.value
    : null;
}
