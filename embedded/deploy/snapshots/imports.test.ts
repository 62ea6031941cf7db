import { convexToJson } from "convex/values";
import { describe, expect, it } from "vitest";
import type { Backend } from "../../backend";
import { schemaWith } from "../../database/testing/test-database";
import {
  documentsOf,
  fill,
  imported,
  JSON_LINES,
  numbers,
  useBackends,
  ZIPPED,
} from "./testing/snapshot-backend";

const start = useBackends();

describe("imports of one table", () => {
  it("take lines of JSON and number the documents themselves", async () => {
    const backend = await start();
    const text = '{"a":1}\n\n{"a":-0}\r\n{"a":{"$integer":"AQAAAAAAAAA="}}';
    const state = await imported(backend, text, JSON_LINES);
    expect(state["num_rows_written"]).toEqual(convexToJson(3n));
    expect(documentsOf(backend, "t").map(({ a }) => a)).toEqual([
      1,
      convexToJson(-0),
      convexToJson(1n),
    ]);
  });
  it("take one JSON array", async () => {
    const backend = await start();
    const text = '\ufeff [ {"n":1, "s":"],[\\""},\n{"n":{"m":[1]}} ]\n';
    await imported(backend, text, { ...JSON_LINES, format: "jsonArray" });
    expect(numbers(backend)).toEqual([1, { m: [1] }]);
  });
  it("take CSV with numbers where cells are numbers", async () => {
    const backend = await start();
    const text = 'n, s\n1,"a ""b"", c"\n-inf,\n1e3,0x1\n';
    await imported(backend, text, { ...JSON_LINES, format: "csv" });
    expect(documentsOf(backend, "t").map(({ n, s }) => [n, s])).toEqual([
      [1, 'a "b", c'],
      [convexToJson(-Infinity), ""],
      [1000, "0x1"],
    ]);
  });
  it("append, replace, or insist on an empty table", async () => {
    const backend = await start();
    const [id = ""] = await fill(backend, [{ n: 0 }]);
    await expect(imported(backend, '{"n":1}', JSON_LINES)).rejects.toThrow(
      "Table t already exists. Please choose a new table name or use replace/append modes.",
    );
    await imported(backend, '{"n":1}', { ...JSON_LINES, mode: "append" });
    expect(numbers(backend)).toEqual([0, 1]);
    const same = JSON.stringify({ n: 2, _id: id, _creationTime: 5 });
    await expect(
      imported(backend, same, { ...JSON_LINES, mode: "append" }),
    ).rejects.toThrow(/two documents with the ID/);
    await imported(backend, same, { ...JSON_LINES, mode: "replace" });
    expect(documentsOf(backend, "t")).toEqual([JSON.parse(same)]);
  });
  it("keep the indexes and the schema", async () => {
    const backend = await start();
    const schema = schemaWith(
      { t: { by_n: ["n"] } },
      {
        type: "object",
        value: { n: { fieldType: { type: "number" }, optional: false } },
      },
    );
    backend.database.applySchemas(new Map([["", schema]]));
    await fill(backend, [{ n: 5 }]);
    await imported(backend, '{"n":9}\n{"n":3}', {
      ...JSON_LINES,
      mode: "append",
    });
    await expect(
      imported(backend, '{"n":1}\n{"n":"x"}', {
        ...JSON_LINES,
        mode: "replace",
      }),
    ).rejects.toThrow(/does not match the schema/);
    const indexed = backend.database.read((tx) => {
      const source = {
        type: "IndexRange",
        indexName: "t.by_n",
        range: [],
        order: "asc",
      };
      const stream = tx.query("", { source, operators: [] });
      return [stream.next(), stream.next(), stream.next(), stream.next()];
    }).value;
    expect(indexed.map((row) => row?.["n"])).toEqual([3, 5, 9, undefined]);
  });
  it("can be searched", async () => {
    const backend = await start();
    const search = {
      indexDescriptor: "words",
      searchField: "text",
      filterFields: [],
    };
    const plain = schemaWith({ t: {} });
    const tables = plain.tables.map((table) => ({
      ...table,
      searchIndexes: [search],
    }));
    backend.database.applySchemas(new Map([["", { ...plain, tables }]]));
    await fill(backend, [{ text: "old apple" }]);
    const found = () =>
      backend.database
        .read((tx) => {
          const filters = [
            { type: "Search", fieldPath: "text", value: "apple" },
          ];
          const source = { type: "Search", indexName: "t.words", filters };
          const stream = tx.query("", { source, operators: [] });
          return [stream.next(), stream.next()].map((row) => row?.["text"]);
        })
        .value.sort();
    await imported(backend, '{"text":"new apple"}', {
      ...JSON_LINES,
      mode: "append",
    });
    expect(found()).toEqual(["new apple", "old apple"]);
    await imported(backend, '{"text":"only apple"}', {
      ...JSON_LINES,
      mode: "replace",
    });
    expect(found()).toEqual(["only apple", undefined]);
  });
  it("happen whole or not at all, and can be read only afterwards", async () => {
    const backend = await start();
    const lines = Array.from({ length: 5000 }, (_, n) => JSON.stringify({ n }));
    const bad = [...lines, '{"_x":1}'].join("\n");
    await expect(imported(backend, bad, JSON_LINES)).rejects.toThrow(
      "Field '_x' starts with an underscore, which is only allowed for system fields like '_id'",
    );
    expect(backend.database.tables("")).toEqual([]);
    const counts = new Set<number>();
    const stop = backend.database.onCommit(() => counts.add(countOf(backend)));
    await imported(backend, lines.join("\n"), JSON_LINES);
    stop();
    expect([...counts]).toEqual([0, 5000]);
  });
  it("name what is wrong with the file", async () => {
    const backend = await start();
    const json = (text: string) => imported(backend, text, JSON_LINES);
    const array = (text: string) =>
      imported(backend, text, { ...JSON_LINES, format: "jsonArray" });
    const csv = (text: string) =>
      imported(backend, text, { ...JSON_LINES, format: "csv" });
    await expect(json("{")).rejects.toThrow(/not valid JSON/);
    await expect(json("[1]")).rejects.toThrow(/not an object/);
    await expect(json('{"a":{"$integer":"x"}}')).rejects.toThrow(/in {"a"/);
    await expect(json('{"_id":"x"}')).rejects.toThrow(/is not an ID/);
    await expect(array('{"a":1}')).rejects.toThrow(/not one JSON array/);
    await expect(array('[{"a":1}')).rejects.toThrow(/not one JSON array/);
    await expect(array('[{"a":1},,{"a":1}]')).rejects.toThrow(/is missing/);
    await expect(csv("")).rejects.toThrow(/must have headers/);
    await expect(csv("a,b\n1\n")).rejects.toThrow(/has 1 fields/);
    await expect(imported(backend, "x", ZIPPED)).rejects.toThrow(/not a zip/);
    await expect(
      imported(backend, '{"a":1}', { ...JSON_LINES, tableName: "_storage" }),
    ).rejects.toThrow(/read-only|Invalid/);
    await expect(
      imported(backend, '{"a":1}', { ...JSON_LINES, componentPath: "no" }),
    ).rejects.toThrow(/ComponentNotFound/);
  });
});

function countOf(backend: Backend): number {
  return backend.database.read((tx) => tx.count("", "t")).value;
}
