/**
 * Tables of the backend itself: ordinary documents with fixed table numbers, in every component that uses them.
 * Created when first written. Adding an index to a table here backfills it when the database is next opened.
 */
export type SystemTable = {
  number: number;
  indexes: { [name: string]: string[] };
};

export const SYSTEM_TABLES: { readonly [name: string]: SystemTable } = {
  _scheduled_functions: {
    number: 513,
    indexes: {
      by_state_and_time: ["state.kind", "scheduledTime"],
      by_completed_time: ["completedTime"],
    },
  },
  _storage: { number: 514, indexes: {} },
  _environment_variables: { number: 515, indexes: { by_name: ["name"] } },
  _modules: {
    number: 516,
    indexes: { by_component_and_path: ["componentPath", "path"] },
  },
  _components: { number: 517, indexes: { by_path: ["componentPath"] } },
  _crons: {
    number: 518,
    indexes: { by_name: ["name"], by_next_time: ["nextTime"] },
  },
  // 519 was in use once.
  _config: { number: 520, indexes: { by_name: ["name"] } },
  _exports: { number: 521, indexes: {} },
  _snapshot_imports: { number: 522, indexes: {} },
};

/** The system tables that functions may read through `db.system`. */
const VISIBLE = new Set(["_scheduled_functions", "_storage"]);

export function isVisibleSystemTable(table: string): boolean {
  return VISIBLE.has(table);
}

export function systemTableName(tableNumber: number): string | null {
  return NAMES.get(tableNumber) ?? null;
}

const NAMES = new Map(
  Object.entries(SYSTEM_TABLES).map(([name, table]) => [table.number, name]),
);
