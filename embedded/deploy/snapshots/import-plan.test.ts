import { describe, expect, it } from "vitest";
import type { ImportedTable } from "../../database/types";
import {
  planImport,
  summaryOf,
  type CountedTable,
  type ImportMode,
} from "./import-plan";

const present = (
  name: string,
  number: number,
  documents: number,
  component = "",
): ImportedTable => ({ component, name, number, documents });
const counted = (
  name: string,
  number: number | null,
  documents: number,
  component = "",
): CountedTable => ({ component, name, number, documents });

function plan(
  mode: ImportMode,
  imported: CountedTable[],
  existing: ImportedTable[],
  replaceBelow: string | null = "",
) {
  const components = [...new Set(existing.map(({ component }) => component))];
  const places = planImport(imported, {
    mode,
    replaceBelow,
    tables: {
      components: () => components,
      existing: (path) =>
        existing.filter(({ component }) => component === path),
    },
  });
  return places.map(({ component, name, number, mode: how, deleted }) => [
    component,
    name,
    number,
    how,
    deleted,
  ]);
}

describe("the plan of an import", () => {
  it("keeps the table numbers of the file, and gives an empty table that has one of them another", () => {
    expect(
      plan(
        "requireEmpty",
        [counted("a", 10_002, 1)],
        [present("b", 10_002, 0), present("a", 10_001, 0)],
      ),
    ).toEqual([
      ["", "a", 10_002, "requireEmpty", 0],
      ["", "b", 10_001, "requireEmpty", 0],
    ]);
  });
  it("refuses a number that a table with documents has", () => {
    expect(() =>
      plan("replace", [counted("a", 10_002, 1)], [present("b", 10_002, 5)]),
    ).toThrow(/table number 10002, which table "b" has/);
    expect(() =>
      plan("replace", [counted("a", 10_002, 1), counted("b", 10_002, 1)], []),
    ).toThrow(/table number/);
  });
  it("exchanges numbers between tables that are both replaced", () => {
    const existing = [present("a", 10_001, 1), present("b", 10_002, 1)];
    expect(
      plan(
        "replace",
        [counted("a", 10_002, 1), counted("b", 10_001, 1)],
        existing,
      ),
    ).toEqual([
      ["", "a", 10_002, "replace", 1],
      ["", "b", 10_001, "replace", 1],
    ]);
  });
  it("takes the number that is there, or a free one, when the file has none", () => {
    const existing = [present("a", 10_001, 2), present("c", 10_002, 1)];
    expect(
      plan("append", [counted("a", null, 1), counted("b", null, 1)], existing),
    ).toEqual([
      ["", "a", 10_001, "append", 0],
      ["", "b", 10_003, "requireEmpty", 0],
    ]);
  });
  it("empties everything else below the place of a replaceAll, except files", () => {
    const existing = [
      present("a", 10_001, 2),
      present("_storage", 514, 3),
      present("x", 10_001, 4, "one"),
      present("y", 10_001, 4, "one/two"),
    ];
    expect(plan("replaceAll", [], existing, "one")).toEqual([
      ["one", "x", 10_001, "replace", 4],
      ["one/two", "y", 10_001, "replace", 4],
    ]);
    expect(plan("replaceAll", [counted("a", null, 1)], existing, null)).toEqual(
      [["", "a", 10_001, "replace", 2]],
    );
  });
  it("does not write system tables", () => {
    expect(() =>
      plan("append", [counted("_scheduled_functions", null, 1)], []),
    ).toThrow(/read-only/);
  });
  it("is summed up for people", () => {
    const summary = summaryOf([
      {
        component: "one",
        name: "t",
        number: 10_001,
        mode: "replace",
        created: 3,
        deleted: 2,
      },
    ]);
    expect(summary).toMatch(/one\/t +\| 3 +\| 2/);
  });
});
