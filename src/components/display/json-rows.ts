/** The rows of a JSON tree: what is expanded of a value, flattened. Pure. */

export type JsonKind =
  "object" | "array" | "string" | "number" | "boolean" | "null" | "range";

export type JsonRow = {
  /** `$.orders[3]["due date"]`; of a range of an array `$.orders[0…99]`. */
  path: string;
  depth: number;
  name: string;
  kind: JsonKind;
  /** Children of a container. */
  count: number;
  expanded: boolean;
  value: unknown;
};

/** A number that JavaScript cannot hold exactly, as it was written. */
export class LongNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  /** As JSON: the nearest number there is. */
  toJSON(): number {
    return Number(this.text);
  }
}

/** Longer arrays are shown in ranges of this many. */
const RANGE_SIZE = 100;
/** Small values are shown whole. */
const OPEN_WHOLE_BELOW = 50;
const MAX_HITS = 1_000;

/** Parses JSON; integers beyond 2^53 keep their digits. */
export function parseJson(text: string): unknown {
  if (!/\d{16,}/.test(text)) return JSON.parse(text);
  return JSON.parse(text, keepLongNumbers);
}

function keepLongNumbers(
  _key: string,
  value: unknown,
  context?: { source?: string },
): unknown {
  const exact =
    typeof value !== "number" ||
    !Number.isInteger(value) ||
    Number.isSafeInteger(value);
  return exact || context?.source === undefined
    ? value
    : new LongNumber(context.source);
}

export function kindOf(value: unknown): JsonKind {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "array";
  if (value instanceof LongNumber) return "number";
  switch (typeof value) {
    case "string":
      return "string";
    case "number":
    case "bigint":
      return "number";
    case "boolean":
      return "boolean";
    default:
      return "object";
  }
}

/** What is open at first: everything when it is small, else the first level. */
export function openAtFirst(value: unknown): (path: string) => boolean {
  return countNodes(value, OPEN_WHOLE_BELOW) < OPEN_WHOLE_BELOW
    ? () => true
    : (path) => path === "$";
}

function countNodes(value: unknown, limit: number): number {
  let count = 1;
  for (const child of childrenOf(value, "$")) {
    if (count >= limit) return count;
    count += countNodes(child.value, limit - count);
  }
  return count;
}

export function flattenJson(
  value: unknown,
  isExpanded: (path: string) => boolean,
): JsonRow[] {
  const rows: JsonRow[] = [];
  visit({ path: "$", name: "", value }, 0, { rows, isExpanded });
  return rows;
}

type Child = { path: string; name: string; value: unknown };

class Range {
  readonly items: readonly unknown[];
  readonly from: number;
  constructor(items: readonly unknown[], from: number) {
    this.items = items;
    this.from = from;
  }
}

function visit(
  child: Child,
  depth: number,
  out: { rows: JsonRow[]; isExpanded: (path: string) => boolean },
): void {
  const { path, name, value } = child;
  const count = countOf(value);
  const expanded = count > 0 && out.isExpanded(path);
  const kind = value instanceof Range ? "range" : kindOf(value);
  const shown = value instanceof Range ? value.items : value;
  out.rows.push({ path, depth, name, kind, count, expanded, value: shown });
  if (!expanded) return;
  for (const inner of childrenOf(value, path)) visit(inner, depth + 1, out);
}

function countOf(value: unknown): number {
  if (value instanceof Range) return value.items.length;
  const kind = kindOf(value);
  if (Array.isArray(value)) return value.length;
  return kind === "object" ? entriesOf(value).length : 0;
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === "object" && value !== null
    ? Object.entries(value)
    : [];
}

function* childrenOf(value: unknown, path: string): Generator<Child> {
  if (value instanceof Range) yield* itemsOf(value.items, value.from, path);
  else if (Array.isArray(value)) {
    if (value.length <= RANGE_SIZE) yield* itemsOf(value, 0, path);
    else yield* rangesOf(value, path);
  } else if (kindOf(value) === "object")
    for (const [name, inner] of entriesOf(value))
      yield { path: path + member(name), name, value: inner };
}

function* itemsOf(
  items: readonly unknown[],
  from: number,
  path: string,
): Generator<Child> {
  const base = path.replace(/\[\d+…\d+\]$/, "");
  for (const [offset, value] of items.entries()) {
    const index = from + offset;
    yield { path: `${base}[${index}]`, name: String(index), value };
  }
}

function* rangesOf(items: readonly unknown[], path: string): Generator<Child> {
  for (let from = 0; from < items.length; from += RANGE_SIZE) {
    const part = items.slice(from, from + RANGE_SIZE);
    const name = `[${from}…${from + part.length - 1}]`;
    yield { path: path + name, name, value: new Range(part, from) };
  }
}

function member(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name)
    ? `.${name}`
    : `[${JSON.stringify(name)}]`;
}

/** A place where the query occurs in a name or a value, and the containers to open to see it. */
export type JsonHit = { path: string; within: string[] };

/** At most 1,000 places, in order, ignoring case. */
export function searchJson(value: unknown, query: string): JsonHit[] {
  const hits: JsonHit[] = [];
  const needle = query.toLowerCase();
  if (needle === "") return hits;
  const look = (child: Child, within: string[]) => {
    if (hits.length >= MAX_HITS) return;
    if (occurs(child, needle)) hits.push({ path: child.path, within });
    if (countOf(child.value) === 0) return;
    const inside = [...within, child.path];
    for (const inner of childrenOf(child.value, child.path))
      look(inner, inside);
  };
  look({ path: "$", name: "", value }, []);
  return hits;
}

function occurs(child: Child, needle: string): boolean {
  if (child.value instanceof Range) return false;
  if (child.name.toLowerCase().includes(needle)) return true;
  return countOf(child.value) === 0
    ? leafText(child.value).toLowerCase().includes(needle)
    : false;
}

/** A value without children as text; strings without quotes. */
export function leafText(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof LongNumber) return value.text;
  if (Array.isArray(value)) return "[]";
  if (typeof value === "object" && value !== null) return "{}";
  return String(value ?? null);
}

/** What “copy value” copies. */
export function copyText(value: unknown): string {
  return typeof value === "string" || value instanceof LongNumber
    ? leafText(value)
    : (JSON.stringify(value, null, 2) ?? "null");
}
