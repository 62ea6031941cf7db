import { ConvexClient } from "convex/browser";
import { makeFunctionReference } from "convex/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callsTo, fresh } from "./calls";
import {
  deployProject,
  eventually,
  type DeployedProject,
} from "./deployed-app";

let app: DeployedProject;
beforeAll(async () => {
  app = await deployProject("search-app");
}, 120_000);
afterAll(() => app.stop());

type Page = {
  page: { text: string }[];
  isDone: boolean;
  continueCursor: string;
};

const query = <T>(name: string, args = {}) =>
  callsTo(app.backend.url).query<T>(name, args);
const mutation = <T>(name: string, args = {}) =>
  callsTo(app.backend.url).mutation<T>(name, args);
const search = (topic: string, words: string) =>
  query<string[]>("notes:search", { topic, words });

async function topicWith(...texts: string[]): Promise<string> {
  const topic = fresh("topic");
  await mutation("notes:addMany", { topic, texts });
  return topic;
}

describe("a search", () => {
  it("finds words whatever their case, and the beginning of the last", async () => {
    const topic = await topicWith("The Quick, brown fox.", "a lazy dog");
    expect(await search(topic, "QUICK")).toEqual(["The Quick, brown fox."]);
    expect(await search(topic, "nothing la")).toEqual(["a lazy dog"]);
    expect(await search(topic, "qu brown")).toEqual(["The Quick, brown fox."]);
    expect(await search(topic, "qu nothing")).toEqual([]);
    expect(await search(topic, "")).toEqual([]);
  });
  it("gives the most relevant first, and of equal ones the newest", async () => {
    const texts = ["apple", "pear one", "pear two", "apple pear"];
    const topic = await topicWith(...texts);
    expect(await search(topic, "pear apple")).toEqual([
      "apple pear",
      "apple",
      "pear two",
      "pear one",
    ]);
    expect(await search(topic, "pear")).toEqual([
      "apple pear",
      "pear two",
      "pear one",
    ]);
    const args = { topic, words: "pear", count: 2 };
    expect(await query("notes:take", args)).toEqual(["apple pear", "pear two"]);
    expect(await query("notes:first", { topic, words: "pear" })).toBe(
      "apple pear",
    );
    expect(await query("notes:first", { topic, words: "zzz" })).toBeNull();
  });
  it("can be restricted to values of its filter fields, and to those without one", async () => {
    const topic = await topicWith("word of nobody");
    const text = "word of ada";
    const id = await mutation("notes:add", { topic, text, owner: "ada" });
    const args = { topic, words: "word" };
    const owned = (owner: object) =>
      query("notes:ownedBy", { ...args, ...owner });
    expect(await owned({ owner: "ada" })).toEqual([text]);
    expect(await owned({ owner: "bob" })).toEqual([]);
    expect(await owned({})).toEqual(["word of nobody"]);
    expect(await query("notes:liked", args)).toEqual([]);
    await mutation("notes:like", { id });
    expect(await query("notes:liked", args)).toEqual([text]);
  });
  it("can be read in pages", async () => {
    const texts = Array.from({ length: 25 }, (_, at) => `paged ${at}`);
    const topic = await topicWith(...texts);
    const seen: string[] = [];
    let cursor: string | null = null;
    for (;;) {
      const paginationOpts = { numItems: 10, cursor };
      const args = { topic, words: "paged", paginationOpts };
      const result: Page = await query("notes:page", args);
      seen.push(...result.page.map(({ text }) => text));
      if (result.isDone) break;
      cursor = result.continueCursor;
    }
    expect(seen).toEqual(texts.toReversed());
  });
  it("in a mutation sees what the mutation has written", async () => {
    const topic = fresh("topic");
    const { before, after } = await mutation<{
      before: string[];
      after: string[];
    }>("notes:writeAndSearch", { topic });
    expect(before).toEqual(["fresh gone", "fresh before", "fresh kept"]);
    expect(after).toEqual(["fresh after", "fresh kept"]);
    expect(await search(topic, "fresh")).toEqual(after);
  });
  it("that is wrong says what is wrong", async () => {
    const wrong = (what: string) => query("notes:wrong", { what });
    await expect(wrong("index")).rejects.toThrow(
      "Index notes.nothing not found.",
    );
    await expect(wrong("field")).rejects.toThrow(
      'Search query against notes.find contains a search filter against "topic", which doesn\'t match the indexed `searchField` "text".',
    );
    await expect(wrong("filter")).rejects.toThrow(
      'Search query against notes.find contains an equality filter on "likes" but that field isn\'t indexed for filtering in `filterFields`.',
    );
    await expect(wrong("nothing")).rejects.toThrow(
      "Search query against notes.find does not contain any search filters.",
    );
  });
  it("in a component finds the component's documents", async () => {
    const shelf = fresh("shelf");
    const args = { shelf, title: "Moby Dick", words: "mob" };
    expect(await mutation("shelves:addAndFind", args)).toEqual(["Moby Dick"]);
    expect(await query("shelves:find", { shelf, words: "dick" })).toEqual([
      "Moby Dick",
    ]);
  });
});

describe("a live search", () => {
  it("follows what is written, and is not called for what does not concern it", async () => {
    const topic = await topicWith("live one");
    const client = new ConvexClient(app.backend.url);
    const seen: string[][] = [];
    const args = { topic, words: "live" };
    const liveSearch = makeFunctionReference<"query", typeof args, string[]>(
      "notes:search",
    );
    client.onUpdate(liveSearch, args, (texts) => seen.push(texts));
    await eventually(() => seen.length === 1);
    const text = "nothing yet";
    const id = await mutation("notes:add", { topic, text });
    await mutation("notes:add", { topic: fresh("other"), text: "live" });
    await mutation("notes:addElsewhere", { text: "live" });
    await mutation("notes:rewrite", { id, text: "lively two" });
    await eventually(() => seen.length === 2);
    await mutation("notes:remove", { id });
    await eventually(() => seen.length === 3);
    await client.close();
    expect(seen).toEqual([
      ["live one"],
      ["live one", "lively two"],
      ["live one"],
    ]);
  });
  it("sees changes of other fields of what it has found", async () => {
    const topic = fresh("topic");
    const id = await mutation("notes:add", { topic, text: "liked" });
    const client = new ConvexClient(app.backend.url);
    let likes = -1;
    const args = { topic, words: "liked" };
    client.onUpdate(
      makeFunctionReference<"query">("notes:searchWhole"),
      args,
      ([note]: { likes: number }[]) => (likes = note?.likes ?? -1),
    );
    await eventually(() => likes === 0);
    await mutation("notes:like", { id });
    await eventually(() => likes === 1);
    await client.close();
  });
});

describe("a push", () => {
  const schema = "convex/schema.ts";

  it("with a vector index is refused by the names of table and index", async () => {
    const declared = `.vectorIndex("near", { vectorField: "text", dimensions: 2 })`;
    app.project.edit(schema, (text) =>
      text.replace('.index("by_topic"', `${declared}.index("by_topic"`),
    );
    const flags = ["--typecheck", "disable"];
    const { code, output } = await app.project.run("deploy", ...flags);
    app.project.edit(schema, (text) => text.replace(declared, ""));
    expect(code).not.toBe(0);
    expect(output).toContain(
      'In table "notes" the vector index "near" cannot be created: this backend does not support vector indexes.',
    );
    await expect(callsTo(app.backend.url).action("notes:near")).rejects.toThrow(
      /Vector index notes.near not found/,
    );
  });
  it("fills new indexes with the documents that exist; a staged one cannot be asked yet", async () => {
    const topic = await topicWith("findable");
    const stagedIndex = `.searchIndex("waiting", { searchField: "info.title", staged: true })`;
    const change = (edits: [from: string, to: string][]) => {
      for (const [from, to] of edits)
        for (const file of [schema, "convex/notes.ts"])
          app.project.edit(file, (text) => text.replaceAll(from, to));
    };
    change([
      ['"find"', '"found"'],
      ['.index("by_topic"', `${stagedIndex}.index("by_topic"`],
    ]);
    const output = await app.project.succeed("deploy");
    expect(output).toMatch(/notes.find .*text/);
    expect(output).toMatch(/notes.found .*text/);
    expect(output).toMatch(/notes.waiting .*info.title.*staged/);
    expect(await search(topic, "findable")).toEqual(["findable"]);
    await expect(query("notes:wrong", { what: "staged" })).rejects.toThrow(
      "Index notes.waiting is currently staged and not available to query until it is enabled.",
    );
    change([
      [stagedIndex, ""],
      ['"found"', '"find"'],
    ]);
    await app.project.succeed("deploy");
  });
});

it("what was written before a crash is found after it", async () => {
  const topic = await topicWith("durable word");
  await app.backend.restart();
  expect(await search(topic, "durable")).toEqual(["durable word"]);
});
