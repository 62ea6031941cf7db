/** Decides, before anything is written, which tables an import fills and which of their documents go. */
import { BackendError } from "../../database/backend-error";
import { checkTableName } from "../../database/schema-rules";
import { SYSTEM_TABLES } from "../../database/system-tables";
import { tableExists } from "../../database/table-import";
import type {
  ComponentPath,
  ImportedTable,
  TableImport,
  TablePlace,
} from "../../database/types";
import { STORAGE_FOLDER } from "./snapshot-layout";

const FIRST_NUMBER = 10_001;

export type ImportMode = "requireEmpty" | "append" | "replace" | "replaceAll";
export type CountedTable = {
  component: ComponentPath;
  name: string;
  /** As the file or the ids in it say; null when they do not. */
  number: number | null;
  documents: number;
};
export type PlannedTable = TablePlace & { created: number; deleted: number };

/** Throws `BackendError` when the tables that exist do not allow the import. */
export function planImport(
  counted: readonly CountedTable[],
  request: {
    mode: ImportMode;
    /** Null: a table; else everything below this component may be replaced. */
    replaceBelow: ComponentPath | null;
    tables: Pick<TableImport, "components" | "existing">;
  },
): PlannedTable[] {
  const named = new Set(counted.map(({ component }) => component));
  if (request.mode === "replaceAll")
    for (const component of request.tables.components())
      if (isBelow(component, request.replaceBelow)) named.add(component);
  return [...named].sort().flatMap((component) =>
    planComponent(
      counted.filter((table) => table.component === component),
      { ...request, component, existing: request.tables.existing(component) },
    ),
  );
}

type Surroundings = {
  mode: ImportMode;
  component: ComponentPath;
  existing: readonly ImportedTable[];
};

function planComponent(
  counted: readonly CountedTable[],
  around: Surroundings,
): PlannedTable[] {
  const places = counted.map((table) => placeOf(table, around));
  if (around.mode === "replaceAll") places.push(...emptied(counted, around));
  return numbered(places, around);
}

/** `number` is null while any will do. */
type Draft = Omit<PlannedTable, "number"> & { number: number | null };

function placeOf(table: CountedTable, { mode, existing }: Surroundings): Draft {
  const { component, name, documents: created } = table;
  const system = name === STORAGE_FOLDER ? SYSTEM_TABLES[name] : undefined;
  if (system === undefined) checkTableName(name);
  const present = existing.find((candidate) => candidate.name === name);
  const common = { component, name, created };
  const number = system?.number ?? table.number;
  if (present === undefined || present.documents === 0)
    return {
      ...common,
      number: number ?? present?.number ?? null,
      mode: mode === "replaceAll" ? "replace" : "requireEmpty",
      deleted: 0,
    };
  if (mode === "requireEmpty") throw tableExists(name);
  if (mode === "append")
    return { ...common, number: present.number, mode, deleted: 0 };
  return {
    ...common,
    number: number ?? present.number,
    mode: "replace",
    deleted: present.documents,
  };
}

/** Stored files stay unless the import brings its own. */
function emptied(
  counted: readonly CountedTable[],
  { component, existing }: Surroundings,
): Draft[] {
  const isImported = (name: string) =>
    counted.some((table) => table.name === name);
  return existing
    .filter(
      ({ name, documents }) =>
        documents > 0 && !name.startsWith("_") && !isImported(name),
    )
    .map(({ name, number, documents }) => ({
      component,
      name,
      number,
      mode: "replace",
      created: 0,
      deleted: documents,
    }));
}

/**
 * Numbers are part of ids, so those of the file are kept. An empty table that has one of them gets another; a table with
 * documents cannot.
 */
function numbered(
  drafts: readonly Draft[],
  { component, existing }: Surroundings,
): PlannedTable[] {
  const isPlanned = (name: string) =>
    drafts.some((draft) => draft.name === name);
  const others = existing.filter(({ name }) => !isPlanned(name));
  const wanted = new Map<number, string>();
  for (const { name, number } of drafts) {
    if (number === null) continue;
    const rival = wanted.get(number);
    if (rival !== undefined) throw conflict(name, rival, number);
    wanted.set(number, name);
  }
  const moved: Draft[] = [];
  for (const { name, number, documents } of others) {
    const rival = wanted.get(number);
    if (rival === undefined) continue;
    if (documents > 0) throw conflict(rival, name, number);
    moved.push({
      component,
      name,
      number: null,
      mode: "requireEmpty",
      created: 0,
      deleted: 0,
    });
  }
  const taken = new Set([
    ...wanted.keys(),
    ...others.map(({ number }) => number),
  ]);
  return [...drafts, ...moved].map((draft) => ({
    ...draft,
    number: draft.number ?? takeFree(taken),
  }));
}

function takeFree(taken: Set<number>): number {
  let number = FIRST_NUMBER;
  while (taken.has(number)) number += 1;
  taken.add(number);
  return number;
}

function conflict(name: string, rival: string, number: number): BackendError {
  return new BackendError(
    "TableConflict",
    `The IDs of table "${name}" have the table number ${number}, which table "${rival}" has. Import into an empty deployment, or with --replace-all.`,
  );
}

function isBelow(
  component: ComponentPath,
  base: ComponentPath | null,
): boolean {
  if (base === null) return false;
  return base === "" || component === base || component.startsWith(`${base}/`);
}

/** What the command line shows before it asks. */
export function summaryOf(plan: readonly PlannedTable[]): string {
  const width = Math.max(...plan.map((table) => label(table).length), 5);
  const row = (name: string, created: string, deleted: string) =>
    `${name.padEnd(width)} | ${created.padEnd(8)} | ${deleted}`;
  return [
    "Import change summary:",
    row("table", "create", "delete"),
    "-".repeat(width + 24),
    ...plan
      .filter(({ created, deleted }) => created + deleted > 0)
      .map((table) =>
        row(label(table), String(table.created), String(table.deleted)),
      ),
    "Once the import has started, it runs in the background. Interrupting `npx convex import` does not cancel it.",
  ].join("\n");
}

function label({ component, name }: PlannedTable): string {
  return component === "" ? name : `${component}/${name}`;
}
