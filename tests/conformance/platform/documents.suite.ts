import { describe, expect, it } from "vitest";
import { fresh, type Calls } from "../calls";

type Document = {
  _id: string;
  _creationTime: number;
  [field: string]: unknown;
};

export function documentsSuite(calls: () => Calls): void {
  const query = <T>(name: string, args: Parameters<Calls["query"]>[1]) =>
    calls().query<T>(`documents:${name}`, args);
  const mutation = <T>(name: string, args: Parameters<Calls["query"]>[1]) =>
    calls().mutation<T>(`documents:${name}`, args);
  const good = { name: "n", kind: "a", tags: [] };
  const insert = (value = good as Record<string, string | string[] | number>) =>
    mutation<string>("insert", { table: "strict", value });
  const rows = async (count: number) => {
    const run = fresh("numbers");
    await mutation("addRows", { run, from: 0, count });
    return run;
  };

  describe.concurrent("documents", () => {
    it("have an id and the time of their creation", async () => {
      const before = Date.now();
      const id = await insert();
      const document = await query<Document>("get", { id });
      expect(document).toEqual({
        ...good,
        _id: id,
        _creationTime: expect.any(Number),
      });
      expect(document._creationTime).toBeGreaterThan(before - 5_000);
      expect(id).toMatch(/^[0-9a-hjkmnp-tv-z]{31,37}$/);
    });
    it("cannot choose their own system fields", async () => {
      const id = await insert();
      await expect(insert({ ...good, _id: id })).rejects.toThrow();
      await expect(insert({ ...good, _creationTime: 1 })).rejects.toThrow();
      await expect(insert({ ...good, _other: 1 })).rejects.toThrow(/_other/);
      await expect(
        mutation("patch", { id, value: { _creationTime: 1 } }),
      ).rejects.toThrow(/_creationTime/);
    });
    it("are merged by a patch, one level deep", async () => {
      const id = await calls().mutation<string>("things:put", {
        run: fresh("patch"),
        value: { a: { b: 1, c: 2 } },
      });
      expect(
        await mutation("patch", { id, value: { value: { a: { b: 3 } } } }),
      ).toMatchObject({ value: { a: { b: 3 } } });
    });
    it("lose what a replacement does not have, and keep their system fields", async () => {
      const id = await insert({ ...good, age: 3 });
      const before = await query<Document>("get", { id });
      const value = { ...good, name: "other" };
      expect(await mutation("replace", { id, value })).toEqual({
        ...value,
        _id: id,
        _creationTime: before._creationTime,
      });
    });
    it("are null once deleted, and cannot be changed", async () => {
      const id = await insert();
      await mutation("remove", { id });
      expect(await query("get", { id })).toBeNull();
      await expect(
        mutation("patch", { id, value: { name: "x" } }),
      ).rejects.toThrow(`Update on nonexistent document ID ${id}`);
      await expect(mutation("replace", { id, value: good })).rejects.toThrow(
        `Replace on nonexistent document ID ${id}`,
      );
      await expect(mutation("remove", { id })).rejects.toThrow(
        `Delete on nonexistent document ID ${id}`,
      );
    });
    it("are found by ids of their own table only", async () => {
      const id = await insert();
      expect(await query("getFrom", { table: "strict", id })).not.toBeNull();
      await expect(query("getFrom", { table: "numbers", id })).rejects.toThrow(
        /expected to be an Id<"numbers">, got Id<"strict"> instead/,
      );
      await expect(query("get", { id: "nonsense" })).rejects.toThrow(
        /Invalid argument `id` for `db\.get`: Unable to decode ID/,
      );
      expect(await query("normalize", { table: "strict", id })).toBe(id);
      expect(await query("normalize", { table: "numbers", id })).toBeNull();
      expect(
        await query("normalize", { table: "strict", id: "nonsense" }),
      ).toBeNull();
      await expect(query("systemGet", { id })).rejects.toThrow(
        /User tables cannot be accessed with db\.system/,
      );
    });
    it("are read by the mutation that wrote them before anybody else", async () => {
      const run = fresh("own");
      expect(await mutation("readOwnWrites", { run })).toEqual({
        all: [5, 10],
        gone: null,
        first: 10,
      });
    });
  });

  describe.concurrent("index ranges", () => {
    it("are bounded by what they are given", async () => {
      const run = await rows(8);
      const range = (bounds: Record<string, number | boolean>) =>
        query("range", { run, ...bounds });
      expect(await range({ gt: 2, lt: 5 })).toEqual([3, 4]);
      expect(await range({ gte: 2, lte: 4 })).toEqual([2, 3, 4]);
      expect(await range({ gte: 6 })).toEqual([6, 7]);
      expect(await range({ lt: 2 })).toEqual([0, 1]);
      expect(await range({ gt: 5, lt: 5 })).toEqual([]);
      expect(await range({ gt: 3, descending: true, take: 2 })).toEqual([7, 6]);
      expect(await range({ take: 3 })).toEqual([0, 1, 2]);
    });
    it("are filtered by expressions", async () => {
      const run = await rows(8);
      expect(await query("filtered", { run, above: 5 })).toEqual([3, 5, 7]);
    });
    it("have a first, a last and, of one, a unique document", async () => {
      expect(await query("ends", { run: await rows(3) })).toEqual({
        first: 0,
        last: 2,
        unique: expect.stringMatching(
          /unique\(\) query returned more than one result/,
        ),
      });
      expect(await query("ends", { run: await rows(1) })).toMatchObject({
        unique: 0,
      });
      expect(await query("ends", { run: fresh("none") })).toEqual({
        first: null,
        last: null,
        unique: null,
      });
    });
    it("are refused when the index has no such fields, or is none", async () => {
      await expect(query("wrongRange", {})).rejects.toThrow(
        /Tried to query index strict\.by_kind_and_age but the query didn't use the index fields in order/,
      );
      await expect(query("wrongIndex", {})).rejects.toThrow(
        /Index strict\.by_nothing not found/,
      );
    });
  });
}
