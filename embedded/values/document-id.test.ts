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

  it.each([
    "",
    "abc",
    "j57000820c20a1g7104gm2rc1m70ynr9",
    "J57000820C20A1G7104GM2RC1M70YNR8",
  ])("%j is none", (text) => {
    expect(decodeId(text)).toBeNull();
  });

  it("end in the day they were made", () => {
    const id = newInternalId(
      { bytes: (length) => new Uint8Array(length) },
      20_000 * 86_400_000,
    );
    expect(Buffer.from(id).readUInt16BE(14)).toBe(20_000);
  });
});
