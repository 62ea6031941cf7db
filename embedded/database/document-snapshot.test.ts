import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newTestDatabase } from "./testing/test-database";
import type { Database, DatabaseSnapshot } from "./types";

type Doc = { _id: string; n: number };

function tableOf(snapshot: DatabaseSnapshot, name: string) {
  const table = snapshot.tables.find((candidate) => candidate.name === name);
  if (table === undefined) throw new Error(`no table ${name}`);
  return snapshot.documents(table);
}

function parse(texts: readonly string[]): Doc[] {
  return texts.map((text) => JSON.parse(text) as Doc);
}

async function fill(db: Database, count: number): Promise<string[]> {
  const written = await db.write((tx) =>
    Array.from({ length: count }, (_, n) => tx.insert("", "t", { n })),
  );
  return written.value;
}

describe("a snapshot", () => {
  it("shows what there was when it was opened, whatever is written meanwhile", async () => {
    const step = fc.record({
      kind: fc.constantFrom("insert", "patch", "remove", "fail"),
      at: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(step, { maxLength: 12 }), { maxLength: 12 }),
        async (rounds) => {
          const { db } = newTestDatabase();
          const ids = await fill(db, 90);
          const before = db.openSnapshot();
          const expected = parse([...tableOf(before, "t")].flat());
          before.close();
          const snapshot = db.openSnapshot();
          const seen: Doc[] = [];
          const batches = tableOf(snapshot, "t");
          for (const steps of [...rounds, []]) {
            const batch = batches.next();
            if (batch.done !== true) seen.push(...parse(batch.value));
            await db
              .write((tx) => {
                for (const { kind, at } of steps) {
                  const id = ids[at % Math.max(ids.length, 1)];
                  if (kind === "insert")
                    ids.push(tx.insert("", "t", { n: at }));
                  if (
                    id === undefined ||
                    tx.get("", id, { isSystem: false }) === null
                  )
                    continue;
                  if (kind === "patch") tx.patch("", id, { n: -at });
                  if (kind === "remove") tx.remove("", id);
                  if (kind === "fail") throw new Error("rolled back");
                }
              })
              .catch(() => undefined);
          }
          for (const batch of batches) seen.push(...parse(batch));
          snapshot.close();
          expect(seen).toEqual(expected);
          db.close();
        },
      ),
      { numRuns: 60 },
    );
  });
  it("does not know tables that are younger", async () => {
    const { db } = newTestDatabase();
    const snapshot = db.openSnapshot();
    await fill(db, 1);
    expect(snapshot.tables.map(({ name }) => name)).not.toContain("t");
    snapshot.close();
  });
  it("reads large documents in small batches", async () => {
    const { db } = newTestDatabase();
    for (let n = 0; n < 60; n++)
      await db.write((tx) =>
        tx.insert("", "t", { n, text: "x".repeat(100_000) }),
      );
    const snapshot = db.openSnapshot();
    const sizes = [...tableOf(snapshot, "t")].map(
      (batch) => batch.join("").length,
    );
    snapshot.close();
    expect(sizes.reduce((sum, size) => sum + size)).toBeGreaterThan(6_000_000);
    expect(Math.max(...sizes.slice(1))).toBeLessThan(700_000);
  });
});
