import type {
  AnyNode,
  ArrowFunctionExpression,
  CallExpression,
  Expression,
  FunctionExpression,
  Pattern,
} from "acorn";
import type { FlowSlot, FunctionSlot } from "./graph";
import { children } from "./sourceTree";

/** Names of steps that functions mention, and the other parts of their context; null means that it cannot be known. */
export type Mentions = {
  steps: string[] | null;
  parts: string[] | null;
  input: boolean;
};

export const UNKNOWN: Mentions = { steps: null, parts: null, input: true };

type InlineFunction = ArrowFunctionExpression | FunctionExpression;

/** Options that may be functions of a context; steps inside a step have mentions of their own. */
const SLOTS: { [slot in Exclude<FunctionSlot, FlowSlot>]: true } = {
  ...{ run: true, request: true, if: true, on: true, each: true, times: true },
  ...{ key: true, while: true, until: true, match: true, input: true },
  ...{ title: true, details: true, message: true, output: true },
};

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
  if (argument.type !== "ObjectExpression") return valueMentions(argument);
  return merge(
    argument.properties.map((property) => {
      if (
        property.type === "SpreadElement" ||
        property.computed ||
        property.kind !== "init"
      )
        return UNKNOWN;
      if (!((keyName(property.key) ?? "") in SLOTS)) return NOTHING;
      return valueMentions(property.value);
    }),
  );
}

export const NOTHING: Mentions = { steps: [], parts: [], input: false };

/** What is no function here may be one from elsewhere, unless it is plainly data. */
function valueMentions(node: AnyNode): Mentions {
  if (isFunction(node)) return functionMentions(node);
  return isData(node) ? NOTHING : UNKNOWN;
}

const DATA = new Set([
  ...["Literal", "TemplateLiteral", "UnaryExpression", "BinaryExpression"],
  ...["ObjectExpression", "ArrayExpression"],
]);

function isData(node: AnyNode): boolean {
  return DATA.has(node.type) || isSchema(node) || isNamed(node, "undefined");
}

/** `z`, and what is read of it or called on it. */
function isSchema(node: AnyNode): boolean {
  if (node.type === "MemberExpression") return isSchema(node.object);
  if (node.type === "CallExpression") return isSchema(node.callee);
  return isNamed(node, "z");
}

function merge(all: Mentions[]): Mentions {
  return {
    steps: union(all.map(({ steps }) => steps)),
    parts: union(all.map(({ parts }) => parts)),
    input: all.some((mentions) => mentions.input),
  };
}

function union(lists: (string[] | null)[]): string[] | null {
  const names = new Set<string>();
  for (const list of lists) {
    if (list === null) return null;
    for (const name of list) names.add(name);
  }
  return [...names].toSorted();
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
  if (others.length > 0 || hasDefaults(parameter)) return UNKNOWN;
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

/** Whose expressions may read what stands beside them. */
function hasDefaults(node: AnyNode): boolean {
  return (
    node.type === "AssignmentPattern" || [...children(node)].some(hasDefaults)
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
  if (part === null) return UNKNOWN;
  if (part === "input") return { ...NOTHING, input: true };
  if (part !== "steps") return { ...NOTHING, parts: [part] };
  if (pattern.type === "Identifier")
    return { ...NOTHING, steps: namesRead(body, pattern.name) };
  if (pattern.type === "ObjectPattern")
    return { ...NOTHING, steps: patternNames(pattern) };
  return UNKNOWN;
}

/** `context.steps.x`, `context.input`; any other use of `context` is unknown. */
function contextMentions(body: AnyNode, context: string): Mentions {
  const steps: string[] = [];
  const parts: string[] = [];
  let input = false;
  const visit = (node: AnyNode): boolean => {
    const part = memberOf(node, (object) => isNamed(object, context));
    if (part === "input") return (input = true);
    if (part !== null && part !== "steps")
      return void parts.push(part) === undefined;
    const name = memberOf(
      node,
      (object) =>
        memberOf(object, (inner) => isNamed(inner, context)) === "steps",
    );
    if (name !== null) return void steps.push(name) === undefined;
    if (part === "steps" || isNamed(node, context)) return false;
    return [...children(node)].every(visit);
  };
  return visit(body) ? { steps, parts, input } : UNKNOWN;
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
