import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type LoggedStatement,
  RedoRecordWriter,
  statementsIn,
} from "./redo-record";

const HEAD = 7;
const LIMITS = { headBytes: HEAD, maxBytes: 1 << 20 };
const parameter = fc.oneof(
  fc.constant(null),
  fc.double({ noNaN: true }),
  fc.string({ unit: "grapheme", maxLength: 200 }),
  fc.uint8Array({ maxLength: 200 }),
);
const statement = fc.record({
  sql: fc.constantFrom("INSERT a", "DELETE b", "UPDATE ü"),
  parameters: fc.array(parameter, { maxLength: 8 }),
});
const records = fc.array(fc.array(statement, { maxLength: 20 }));

/** With texts numbered from one record to the next, as in one log. */
function writtenAndRead(all: LoggedStatement[][]): LoggedStatement[][] {
  const writer = new RedoRecordWriter(new Map(), LIMITS);
  const texts: string[] = [];
  return all.map((statements) => {
    writer.clear();
    for (const { sql, parameters } of statements) writer.add(sql, parameters);
    return statementsIn(Buffer.from(writer.record.subarray(HEAD)), texts);
  });
}

const comparable = (all: LoggedStatement[][]) =>
  all.map((statements) =>
    statements.map(({ sql, parameters }) => [
      sql,
      parameters.map((each) =>
        each instanceof Uint8Array ? Buffer.from(each).toString("hex") : each,
      ),
    ]),
  );

describe("a record of statements", () => {
  it("is read as it was written, with the texts of the records before it", () => {
    fc.assert(
      fc.property(records, (all) => {
        expect(comparable(writtenAndRead(all))).toEqual(comparable(all));
      }),
    );
  });

  it("holds the text of a statement once", () => {
    const writer = new RedoRecordWriter(new Map(), LIMITS);
    for (const n of [1, 2, 3]) writer.add("INSERT something", [n]);
    const text = writer.record.toString("latin1");
    expect(text.split("INSERT something")).toHaveLength(2);
  });

  it("that grows beyond its limit is too long, until it is cleared", () => {
    const writer = new RedoRecordWriter(new Map(), {
      headBytes: HEAD,
      maxBytes: 1000,
    });
    writer.add("INSERT", ["x".repeat(900)]);
    expect(writer.isTooLong).toBe(false);
    writer.add("INSERT", ["x".repeat(100)]);
    expect([writer.isTooLong, writer.isEmpty]).toEqual([true, false]);
    writer.clear();
    expect([writer.isTooLong, writer.isEmpty]).toEqual([false, true]);
  });

  it("has numbers for 255 statements, and refuses another", () => {
    const writer = new RedoRecordWriter(new Map(), LIMITS);
    const texts = Array.from({ length: 255 }, (_, n) => `INSERT ${n}`);
    for (const sql of [...texts, ...texts]) writer.add(sql, []);
    const read = statementsIn(writer.record.subarray(HEAD), []);
    expect(read.map(({ sql }) => sql)).toEqual([...texts, ...texts]);
    expect(() => writer.add("INSERT 255", [])).toThrow(
      "A log has no numbers for more statements.",
    );
  });

  it("refuses a parameter that a statement cannot take", () => {
    const writer = new RedoRecordWriter(new Map(), LIMITS);
    expect(() => writer.add("INSERT", [1n])).toThrow(
      "A statement cannot take a bigint.",
    );
  });
});
