import type { AnyNode, ImportDeclaration, Program as ProgramNode } from "acorn";
import { type Diagnostic, errorAt } from "./diagnostics";
import { children, descendants, rangeOf } from "./sourceTree";

export type Rewritten = { program: string; diagnostics: Diagnostic[] };

type Edit = { start: number; end: number; text: string };

/**
 * The module as a strict script: `import { z } from "lockstep"` becomes `const { z } = $lockstep`,
 * `export default x` becomes `$default = x`. Each edit keeps its length, so nothing moves.
 */
export function rewriteModule(code: string, tree: ProgramNode): Rewritten {
  const edits: Edit[] = [];
  const diagnostics: Diagnostic[] = [];
  let defaults = 0;
  for (const node of tree.body) {
    if (node.type === "ImportDeclaration") {
      const refusal = refuseImport(node);
      if (refusal !== null) diagnostics.push(refusal);
      else edits.push(...importEdits(code, node));
    } else if (node.type === "ExportDefaultDeclaration") {
      defaults += 1;
      edits.push(replacement(node.start, node.declaration.start, "$default ="));
    } else if (
      node.type === "ExportNamedDeclaration" &&
      node.declaration &&
      !node.source
    ) {
      edits.push(replacement(node.start, node.declaration.start, ""));
    } else if (isExport(node)) {
      diagnostics.push(
        errorAt(rangeOf(node), "A workflow exports only its flow, as default."),
      );
    }
  }
  if (defaults === 0)
    diagnostics.push(
      errorAt(
        null,
        "The module has no default export: write export default workflow({ … }).",
      ),
    );
  return {
    program: applyEdits(code, edits),
    diagnostics: [...diagnostics, ...refusedSyntax(tree)],
  };
}

function isExport(node: AnyNode): boolean {
  return (
    node.type === "ExportNamedDeclaration" ||
    node.type === "ExportAllDeclaration"
  );
}

function refuseImport(node: ImportDeclaration): Diagnostic | null {
  if (node.source.value !== "lockstep")
    return errorAt(
      rangeOf(node.source),
      `Only "lockstep" can be imported; "${String(node.source.value)}" is not there when a workflow runs.`,
    );
  const byDefault = node.specifiers.find(
    (specifier) => specifier.type === "ImportDefaultSpecifier",
  );
  return byDefault === undefined
    ? null
    : errorAt(
        rangeOf(byDefault),
        'lockstep has no default export: write import { workflow } from "lockstep".',
      );
}

function importEdits(code: string, node: ImportDeclaration): Edit[] {
  const first = node.specifiers[0];
  if (first === undefined) return [replacement(node.start, node.end, "")];
  const star = first.type === "ImportNamespaceSpecifier";
  const open = star ? first.start : code.indexOf("{", node.start);
  const close = star ? first.end : code.lastIndexOf("}", node.source.start) + 1;
  const names = node.specifiers.flatMap((specifier) =>
    specifier.type === "ImportSpecifier" &&
    specifier.imported.end < specifier.local.start
      ? [replacement(specifier.imported.end, specifier.local.start, ":")]
      : [],
  );
  const head = replacement(node.start, open, "const");
  const tail = replacement(close, node.end, "= $lockstep;");
  return star
    ? [head, replacement(open, first.local.start, ""), tail]
    : [head, ...names, tail];
}

/** Blanks keep the length; newlines inside are kept too. */
function replacement(start: number, end: number, text: string): Edit {
  return { start, end, text };
}

function applyEdits(code: string, edits: Edit[]): string {
  let out = "";
  let copied = 0;
  for (const edit of edits.toSorted((a, b) => a.start - b.start)) {
    out += code.slice(copied, edit.start);
    const old = code.slice(edit.start, edit.end);
    const blanks = old.slice(edit.text.length).replace(/[^\n]/g, " ");
    const lost = newlines(old) - newlines(blanks);
    out += edit.text + "\n".repeat(lost) + blanks;
    copied = edit.end;
  }
  return out + code.slice(copied);
}

function newlines(text: string): number {
  return text.split("\n").length - 1;
}

function refusedSyntax(tree: ProgramNode): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  for (const node of descendants(tree)) {
    if (node.type === "ImportExpression")
      diagnostics.push(
        errorAt(rangeOf(node), "A workflow cannot import while it runs."),
      );
    if (node.type === "MetaProperty" && node.meta.name === "import")
      diagnostics.push(
        errorAt(rangeOf(node), "import.meta is not there in a workflow."),
      );
  }
  return [...diagnostics, ...topLevelAwaits(tree)];
}

function topLevelAwaits(node: AnyNode): Diagnostic[] {
  if (node.type === "AwaitExpression")
    return [
      errorAt(
        rangeOf(node),
        "await works only inside action code: the definition has nothing to wait for.",
      ),
    ];
  if (/Function/.test(node.type)) return [];
  return [...children(node)].flatMap(topLevelAwaits);
}
