import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeId, encodeId, newInternalId } from "./document-id";

const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 });

describe("document ids", () => {
  it.each([
    [1, "00".repeat(16), "0400000000000000000000000000248"],
    [
      10001,
      "000102030405060708090a0b0c0d0e0f",
      "j57000820c20a1g7104gm2rc1m70ynr8",
    ],
    [10001, "ff".repeat(16), "j57fzzzzzzzzzzzzzzzzzzzzzzzzzkyr"],
    [
      1017,
      "fb198371cb09d3e19bf923516be973c1",
      "z43zp6c3e75gkmz1kfwj6mbbx5sw281h",
    ],
  ])("table %i, id %s is %s", (tableNumber, hex, text) => {
    expect(encodeId(tableNumber, Buffer.from(hex, "hex"))).toBe(text);
    expect(decodeId(text)).toEqual({
      tableNumber,
      internalId: Uint8Array.from(Buffer.from(hex, "hex")),
    });
  });

  it("decode to what was encoded", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 32 - 1 }),
        bytes,
        (tableNumber, internalId) => {
          expect(decodeId(encodeId(tableNumber, internalId))).toEqual({
            tableNumber,
            internalId,
          });
        },
      ),
    );
  });

  it("with one letter changed are no ids, or the id of that other text", () => {
    fc.assert(
      fc.property(
        bytes,
        fc.nat(31),
        fc.constantFrom(..."0123456789abcdefghjkmnpqrstvwxyz"),
        (id, at, letter) => {
          const text = encodeId(10001, id);
          const changed = text.slice(0, at) + letter + text.slice(at + 1);
          const decoded = decodeId(changed);
          if (decoded !== null)
            expect(encodeId(decoded.tableNumber, decoded.internalId)).toBe(
              changed,
            );
        },
      ),
    );
  });

  it("decode only from the text they encode to", () => {
    const table = fc.integer({ min: 1, max: 2 ** 32 - 1 });
    const length = fc.integer({ min: 0, max: 24 });
    const scrap = fc.uint8Array({ minLength: 16, maxLength: 24 });
    let decoded = 0;
    fc.assert(
      fc.property(table, bytes, length, scrap, (number, id, at, noise) => {
        const text = encodeId(number, id);
        for (const changed of [text, swapped(text, at), base32(noise)]) {
          const found = decodeId(changed);
          if (found === null) continue;
          decoded += 1;
          expect(encodeId(found.tableNumber, found.internalId)).toBe(changed);
        }
      }),
      { numRuns: 3000, seed: 1 },
    );
    expect(decoded).toBeGreaterThanOrEqual(3000);
  });

  it("with a table number that is longer than it need be are none", () => {
    const id = encodeId(5, new Uint8Array(16).fill(7));
    const [number, ...rest] = unbase32(id).slice(0, 17);
    const longer = [0x80 | (number ?? 0), 0, ...rest];
    expect(decodeId(withChecksum([number ?? 0, ...rest]))).not.toBeNull();
    expect(decodeId(withChecksum(longer))).toBeNull();
  });

  it("cannot be forged: changed, cut, padded or of another table number", () => {
    const forgery = fc.oneof(
      fc.record({ at: fc.nat(31), letter: fc.constantFrom(..."07az") }),
      fc.constantFrom("cut", "padded", "renumbered", "zero"),
    );
    let accepted = 0;
    fc.assert(
      fc.property(bytes, forgery, (internalId, how) => {
        const text = encodeId(10_001, internalId);
        const forged = forge(text, how);
        if (forged === text) return;
        if (decodeId(forged) !== null) accepted += 1;
      }),
      { numRuns: 3000, seed: 1 },
    );
    expect(accepted).toBeLessThan(3);
  });

  it("know one text only: capital letters, the letters i l o u and spaces are refused", () => {
    const text = encodeId(10_001, new Uint8Array(16));
    const variants = [..."ilouIL O=_-é"].map((x) => text.slice(0, -1) + x);
    for (const variant of [...variants, text.toUpperCase(), ` ${text}`])
      expect(decodeId(variant)).toBeNull();
  });

  it.each([1, 127, 128, 513, 10_001, 16_383, 16_384, 2 ** 21, 2 ** 32 - 1])(
    "of table %i have the length Convex gives them",
    (tableNumber) => {
      const size = 18 + Math.ceil(Math.log2(tableNumber + 1) / 7);
      const id = encodeId(tableNumber, new Uint8Array(16).fill(255));
      expect(id).toHaveLength(Math.ceil((size * 8) / 5));
    },
  );

  it.each([
    "",
    "abc",
    "j57000820c20a1g7104gm2rc1m70ynr9",
    "J57000820C20A1G7104GM2RC1M70YNR8",
  ])("%j is none", (text) => {
    expect(decodeId(text)).toBeNull();
  });

  it("that are made at the same time have neighbours, those of later times come after them", () => {
    const made = (nowMs: number, filler: number) =>
      encodeId(
        10_001,
        newInternalId(
          { bytes: (length) => new Uint8Array(length).fill(filler) },
          nowMs,
        ),
      );
    const now = 1_700_000_000_000;
    const ids = [made(now, 9), made(now, 255), made(now + 16, 0)];
    expect(ids.toSorted()).toEqual(ids);
    expect(ids[0]?.slice(0, 9)).toBe(ids[1]?.slice(0, 9));
  });

  it("end in the day they were made", () => {
    const id = newInternalId(
      { bytes: (length) => new Uint8Array(length) },
      20_000 * 86_400_000,
    );
    expect(Buffer.from(id).readUInt16BE(14)).toBe(20_000);
  });
});

const LETTERS = "0123456789abcdefghjkmnpqrstvwxyz";

/** Two neighbours exchanged. */
function swapped(text: string, at: number): string {
  const pair = `${text[at + 1] ?? ""}${text[at] ?? ""}`;
  return text.slice(0, at) + pair + text.slice(at + 2);
}

function base32(bytes: readonly number[] | Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0"));
  const fives = bits.join("").match(/.{1,5}/g) ?? [];
  return fives
    .map((five) => LETTERS[parseInt(five.padEnd(5, "0"), 2)])
    .join("");
}

function unbase32(text: string): number[] {
  const digits = [...text].map((letter) => LETTERS.indexOf(letter));
  const bits = digits.map((digit) => digit.toString(2).padStart(5, "0"));
  return (bits.join("").match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2));
}

function withChecksum(bytes: readonly number[]): string {
  let low = 0;
  let high = 0;
  for (const byte of bytes) {
    low = (low + byte) & 255;
    high = (high + low) & 255;
  }
  return base32([...bytes, low, high]);
}

function forge(
  text: string,
  how: string | { at: number; letter: string },
): string {
  if (typeof how === "object")
    return text.slice(0, how.at) + how.letter + text.slice(how.at + 1);
  if (how === "cut") return text.slice(0, -1);
  if (how === "padded") return `${text}0`;
  return `${how === "zero" ? "00" : "j6"}${text.slice(2)}`;
}
