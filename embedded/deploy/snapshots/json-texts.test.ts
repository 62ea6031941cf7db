import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { elementsOf, linesOf } from "./json-texts";

/** Bytes cut anywhere, also inside a character. */
async function* chunks(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size)
    yield bytes.subarray(at, at + size);
}

async function parsed(texts: AsyncIterable<string[]>): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const batch of texts)
    values.push(...batch.map((text): unknown => JSON.parse(text)));
  return values;
}

const anyValues = fc.array(
  fc.dictionary(
    fc.string({ unit: "grapheme" }),
    fc.json().map((text): unknown => JSON.parse(text)),
  ),
  { maxLength: 8 },
);
const anySize = fc.integer({ min: 1, max: 40 });

describe("JSON texts", () => {
  it("come out of lines as they went in, however the bytes are cut", () =>
    fc.assert(
      fc.asyncProperty(anyValues, anySize, async (values, size) => {
        const text = values.map((value) => JSON.stringify(value)).join("\n");
        expect(await parsed(linesOf(chunks(text, size)))).toEqual(values);
      }),
    ));
  it("come out of an array as they went in, however it is spaced and cut", () =>
    fc.assert(
      fc.asyncProperty(
        anyValues,
        anySize,
        fc.constantFrom(0, 1, 2),
        async (values, size, indent) => {
          const text = JSON.stringify(values, null, indent);
          expect(await parsed(elementsOf(chunks(text, size)))).toEqual(values);
        },
      ),
    ));
  it("must be UTF-8", async () => {
    const latin1 = async function* () {
      yield Buffer.from('"ü"', "latin1");
    };
    await expect(parsed(linesOf(latin1()))).rejects.toThrow(/not valid UTF-8/);
  });
});
