import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chunkMessages, takesChunks } from "./transition-chunks";

type Chunk = {
  type: string;
  chunk: string;
  partNumber: number;
  totalParts: number;
  transitionId: string;
};

describe("transitions in chunks", () => {
  it("join to the same text, each small enough, numbered from zero, of one id", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", minLength: 30, maxLength: 200 }),
        fc.integer({ min: 4, max: 20 }),
        (text, maxBytes) => {
          const chunks = chunkMessages(text, maxBytes).map(
            (message) => JSON.parse(message) as Chunk,
          );
          expect(chunks.map((part) => part.chunk).join("")).toBe(text);
          for (const [index, part] of chunks.entries()) {
            expect(part).toMatchObject({
              type: "TransitionChunk",
              partNumber: index,
              totalParts: chunks.length,
              transitionId: chunks[0]?.transitionId,
            });
            expect(Buffer.byteLength(part.chunk)).toBeLessThanOrEqual(maxBytes);
          }
        },
      ),
    );
  });
  it("are not made of small ones", () => {
    expect(chunkMessages('{"a":1}')).toEqual(['{"a":1}']);
  });
  it("are for clients from 1.28 on", () => {
    expect(
      [null, "0.19.1", "1.27.9", "1.28.0", "1.28.0-alpha.1", "2.0.0"].map(
        takesChunks,
      ),
    ).toEqual([false, false, false, true, true, true]);
  });
});
