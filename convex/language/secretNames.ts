import type { Program as ProgramNode } from "acorn";
import { type Diagnostic, warningAt } from "./diagnostics";
import { literalText } from "./reads";
import { descendants, methodCalls, rangeOf } from "./sourceTree";

/** Secrets the source names, in `secret("X")` and `secrets.get("X")`. */
export function secretNames(tree: ProgramNode): {
  names: string[];
  diagnostics: Diagnostic[];
} {
  const names = new Set<string>();
  const diagnostics: Diagnostic[] = [];
  for (const call of secretCalls(tree)) {
    const [argument] = call.arguments;
    const name = argument === undefined ? null : literalText(argument);
    if (name !== null) names.add(name);
    else
      diagnostics.push(
        warningAt(
          rangeOf(call),
          "The name of this secret is computed, so it cannot be checked before a run.",
        ),
      );
  }
  return { names: [...names].toSorted(), diagnostics };
}

function secretCalls(tree: ProgramNode) {
  const direct = [...descendants(tree)].flatMap((node) =>
    node.type === "CallExpression" &&
    node.callee.type === "Identifier" &&
    node.callee.name === "secret"
      ? [node]
      : [],
  );
  const read = methodCalls(tree).flatMap(({ method, call }) =>
    method === "get" && isSecrets(call.callee) ? [call] : [],
  );
  return [...direct, ...read];
}

function isSecrets(callee: { type: string }): boolean {
  if (!("object" in callee)) return false;
  const { object } = callee;
  return (
    typeof object === "object" &&
    object !== null &&
    "name" in object &&
    object.name === "secrets"
  );
}
