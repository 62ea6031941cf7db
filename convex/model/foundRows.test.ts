import { describe, expect, it } from "vitest";
import { FoundRows } from "./foundRows";

type Row = { _id: string; name: string };

/** Rows that can be looked for by their name, and what was asked of them. */
class Rows {
  asked: string[] = [];
  readonly #rows: Row[];
  readonly #found = new FoundRows<Row>();

  constructor(rows: Row[]) {
    this.#rows = rows;
  }

  async find(name: string): Promise<Row | null> {
    this.asked = [];
    return await this.#found.find(name, {
      get: async (id) => {
        this.asked.push(`get ${id}`);
        if (id.startsWith("other")) throw new Error("an id of another table");
        return this.#rows.find(({ _id }) => _id === id) ?? null;
      },
      isIt: (row) => row.name === name,
      look: async () => {
        this.asked.push("look");
        return this.#rows.find((row) => row.name === name) ?? null;
      },
    });
  }
}

describe("a row that was found", () => {
  it("is read by its id the next time, and says what it says by then", async () => {
    const row = { _id: "1", name: "a", said: 1 };
    const rows = new Rows([row]);
    await rows.find("a");
    row.said = 2;
    expect(await rows.find("a")).toEqual({ _id: "1", name: "a", said: 2 });
    expect(rows.asked).toEqual(["get 1"]);
  });

  it("is looked for again when it is gone", async () => {
    const all = [{ _id: "1", name: "a" }];
    const rows = new Rows(all);
    await rows.find("a");
    all.pop();
    expect(await rows.find("a")).toBeNull();
    all.push({ _id: "2", name: "a" });
    expect(await rows.find("a")).toMatchObject({ _id: "2" });
    await rows.find("a");
    expect(rows.asked).toEqual(["get 2"]);
  });

  it("is looked for again when its id is another row's, or no row's of the table", async () => {
    const all = [
      { _id: "1", name: "a" },
      { _id: "other 2", name: "b" },
    ];
    const rows = new Rows(all);
    await rows.find("a");
    await rows.find("b");
    all.splice(0, 2, { _id: "1", name: "c" }, { _id: "3", name: "b" });
    expect(await rows.find("a")).toBeNull();
    expect(await rows.find("b")).toMatchObject({ _id: "3" });
  });

  it("is not kept when there was none", async () => {
    const all: Row[] = [];
    const rows = new Rows(all);
    expect(await rows.find("a")).toBeNull();
    all.push({ _id: "1", name: "a" });
    expect(await rows.find("a")).toMatchObject({ _id: "1" });
  });
});
