/** Searches against a simple model: an array of documents, scored one by one. */
import fc from "fast-check";
import type { JSONValue } from "convex/values";
import { describe, expect, it } from "vitest";
import { intersects } from "../read-set";
import { ReadSetIndex } from "../read-set-index";
import { newSearchDatabase, searchQuery } from "../testing/search-database";
import { collect, scanOf } from "../testing/test-database";
import type {
  Commit,
  Database,
  DocumentJson,
  PageRequest,
  QueryJson,
  Transaction,
} from "../types";

type Fields = { text: JSONValue; owner: JSONValue; other: number };
type Step = { kind: "insert" | "write" | "remove"; pick: number } & Fields;
type Question = { text: string; filters: { [field: string]: JSONValue } };

const WORDS = ["a", "ab", "abc", "b", "bc", "c", "cab"];
const text = fc
  .array(fc.constantFrom(...WORDS), { maxLength: 6 })
  .map((words) => words.join(", "));
const owner = fc.constantFrom<JSONValue>("x", "y", null);
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom("insert", "insert", "write", "write", "remove"),
  pick: fc.nat(100),
  text: fc.oneof({ weight: 5, arbitrary: text }, fc.constant(1)),
  owner,
  other: fc.nat(2),
});
const steps = fc.array(step, { maxLength: 12 });
const question: fc.Arbitrary<Question> = fc.record({
  text: fc
    .array(fc.constantFrom(...WORDS), { maxLength: 3 })
    .map((words) => words.join(" ")),
  filters: fc.oneof(
    fc.constant({}),
    owner.map((value) => ({ owner: value })),
  ),
});

function perform(tx: Transaction, list: Step[]): void {
  for (const { kind, pick, ...fields } of list) {
    const ids = collect(tx, scanOf("t")).map(({ _id }) => String(_id));
    const id = ids[pick % Math.max(1, ids.length)];
    if (kind === "insert" || id === undefined) tx.insert("", "t", fields);
    else if (kind === "write") tx.patch("", id, fields);
    else tx.remove("", id);
  }
}

function wordsIn(document: DocumentJson): string[] {
  return typeof document.text === "string"
    ? document.text.split(", ").filter((word) => word !== "")
    : [];
}

/** What each word of a search counts for: whole words, and those that only start like the last. */
function weights(question: Question): Map<string, number> {
  const asked = question.text.split(" ").filter((word) => word !== "");
  const last = asked.at(-1);
  const counts = new Map<string, number>();
  for (const word of WORDS) {
    if (asked.includes(word)) counts.set(word, 1);
    else if (last !== undefined && word.startsWith(last)) counts.set(word, 0.5);
  }
  return counts;
}

function scores(
  documents: DocumentJson[],
  question: Question,
): Map<DocumentJson, number> {
  const tokens = documents.flatMap(wordsIn).length;
  const average = tokens / documents.length;
  const found = new Map<DocumentJson, number>();
  for (const [word, weight] of weights(question)) {
    const holding = documents.filter((one) => wordsIn(one).includes(word));
    const rest = documents.length - holding.length + 0.5;
    const rarity = Math.log(1 + rest / (holding.length + 0.5));
    for (const document of holding) {
      const words = wordsIn(document);
      const frequency = words.filter((other) => other === word).length;
      const norm = 1.2 * (0.25 + (0.75 * words.length) / average);
      const score = (weight * rarity * 2.2 * frequency) / (frequency + norm);
      found.set(document, (found.get(document) ?? 0) + score);
    }
  }
  return found;
}

function expected(documents: DocumentJson[], question: Question): JSONValue[] {
  const ranked = [...scores(documents, question)].filter(([document]) =>
    Object.entries(question.filters).every(
      ([field, value]) => document[field] === value,
    ),
  );
  ranked.sort(([left, leftScore], [right, rightScore]) => {
    const difference = rightScore - leftScore;
    return Math.abs(difference) > 1e-6
      ? difference
      : Number(right._creationTime) - Number(left._creationTime);
  });
  return ranked.map(([document]) => document);
}

function ask({ text, filters }: Question): QueryJson {
  return searchQuery(text, filters);
}

function check(tx: Transaction, questions: Question[]): void {
  const documents = collect(tx, scanOf("t"));
  for (const question of questions)
    expect(collect(tx, ask(question))).toEqual(expected(documents, question));
}

const transaction = fc.record({
  steps,
  undone: steps,
  later: steps,
  fails: fc.boolean(),
  pause: fc.boolean(),
});

describe("a search", () => {
  it("finds what its model finds, in the middle of transactions and after them", async () => {
    const property = fc.asyncProperty(
      fc.array(transaction, { maxLength: 5 }),
      fc.array(question, { minLength: 1, maxLength: 4 }),
      async (transactions, questions) => {
        const db = newSearchDatabase();
        const writes: Promise<unknown>[] = [];
        for (const { steps, undone, later, fails, pause } of transactions) {
          const write = db.write((tx) => {
            perform(tx, steps);
            check(tx, questions);
            const savepoint = tx.savepoint();
            perform(tx, undone);
            check(tx, questions);
            tx.rollbackTo(savepoint);
            check(tx, questions);
            perform(tx, later);
            if (fails) throw new Failure();
          });
          writes.push(write.catch(ignoreFailure));
          if (pause) await Promise.all(writes);
        }
        await Promise.all(writes);
        db.read((tx) => check(tx, questions));
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });

  it("finds at an earlier timestamp what it found then", async () => {
    const property = fc.asyncProperty(
      fc.array(steps, { minLength: 1, maxLength: 5 }),
      question,
      async (transactions, question) => {
        const db = newSearchDatabase();
        const then: [ts: bigint, result: DocumentJson[]][] = [];
        for (const steps of transactions) {
          const { ts } = await db.write((tx) => perform(tx, steps));
          const { value } = db.read((tx) => collect(tx, ask(question)));
          then.push([ts, value]);
        }
        for (const [ts, result] of then)
          expect(db.read((tx) => collect(tx, ask(question)), ts).value).toEqual(
            result,
          );
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });

  it("gives the same documents in pages of any size", async () => {
    const property = fc.asyncProperty(
      fc.array(step, { maxLength: 30 }),
      question,
      fc.integer({ min: 1, max: 5 }),
      async (list, question, pageSize) => {
        const db = newSearchDatabase();
        await db.write((tx) => perform(tx, list));
        const whole = db.read((tx) => collect(tx, ask(question))).value;
        const { pages, cursors } = readPages(db, question, pageSize);
        expect(pages.flat()).toEqual(whole);
        pages.forEach((page, at) => {
          const [cursor = null, endCursor = null] = [
            cursors[at - 1],
            cursors[at],
          ];
          const again = { ...request(question, 1), cursor, endCursor };
          const { value } = db.read((tx) => tx.page("", again));
          expect(value.page).toEqual(page);
        });
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });

  it("keeps its pages apart and its documents in their pages while others are written", async () => {
    const property = fc.asyncProperty(
      fc.array(step, { maxLength: 30 }),
      steps,
      question,
      fc.integer({ min: 1, max: 5 }),
      async (first, second, question, pageSize) => {
        const db = newSearchDatabase();
        await db.write((tx) => perform(tx, first));
        const { pages, cursors } = readPages(db, question, pageSize);
        await db.write((tx) => perform(tx, second));
        const again = cursors.map((endCursor, at) => {
          const cursor = cursors[at - 1] ?? null;
          const bounds = { ...request(question, 1), cursor, endCursor };
          return db.read((tx) => tx.page("", bounds)).value.page.map(jsonOf);
        });
        const whole = db.read((tx) => collect(tx, ask(question))).value;
        expect(again.flat().sort()).toEqual(whole.map(jsonOf).sort());
        pages.forEach((page, at) => {
          const stayed = page.map(jsonOf);
          const found = new Set(again.flat());
          for (const text of stayed)
            if (found.has(text)) expect(again[at]).toContain(text);
        });
      },
    );
    await fc.assert(property, { numRuns: 100 });
  });
});

function request(question: Question, pageSize: number): PageRequest {
  return {
    query: ask(question),
    cursor: null,
    endCursor: null,
    pageSize,
    maximumRowsRead: null,
    maximumBytesRead: null,
  };
}

function readPages(db: Database, question: Question, pageSize: number) {
  const pages: DocumentJson[][] = [];
  const cursors: string[] = [];
  for (;;) {
    const cursor = cursors.at(-1) ?? null;
    const { value } = db.read((tx) =>
      tx.page("", { ...request(question, pageSize), cursor }),
    );
    pages.push(value.page);
    cursors.push(value.continueCursor);
    if (value.isDone) return { pages, cursors };
  }
}

describe("the read set of a search", () => {
  it("is touched by every commit that changes which documents are found, and by no other document", async () => {
    const property = fc.asyncProperty(
      steps,
      steps,
      question,
      async (first, second, question) => {
        const db = newSearchDatabase();
        await db.write((tx) => perform(tx, first));
        const asked = db.read((tx) => collect(tx, ask(question)));
        const before = db.read((tx) => collect(tx, scanOf("t"))).value;
        const commit = await commitOf(db, (tx) => perform(tx, second));
        const after = db.read((tx) => collect(tx, scanOf("t"))).value;
        const changed = [...without(before, after), ...without(after, before)];
        const isConcerned = changed.some(
          (document) => expected([document], question).length > 0,
        );
        expect(commit !== null && intersects(asked.reads, commit)).toBe(
          isConcerned,
        );
        const index = new ReadSetIndex<string>();
        index.add("search", asked.reads);
        index.add("twice", asked.reads);
        index.remove("twice");
        const touched = commit === null ? [] : [...index.touched(commit)];
        expect(touched).toEqual(isConcerned ? ["search"] : []);
      },
    );
    await fc.assert(property, { numRuns: 100 });
  });
});

async function commitOf(
  db: Database,
  body: (tx: Transaction) => void,
): Promise<Commit | null> {
  const commits: Commit[] = [];
  const stop = db.onCommit((commit) => commits.push(commit));
  await db.write(body);
  stop();
  return commits[0] ?? null;
}

function without(left: DocumentJson[], right: DocumentJson[]): DocumentJson[] {
  const texts = new Set(right.map(jsonOf));
  return left.filter((document) => !texts.has(jsonOf(document)));
}

function jsonOf(document: DocumentJson): string {
  return JSON.stringify(document);
}

class Failure extends Error {}

function ignoreFailure(error: unknown): void {
  if (!(error instanceof Failure)) throw error;
}
