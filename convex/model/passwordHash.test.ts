import { describe, expect, it } from "vitest";
import { hashSecret, verifySecret } from "./passwordHash";

describe("password hashes", () => {
  it("verifies the password it was made from, and no other", async () => {
    const hash = await hashSecret("correct horse");
    expect(await verifySecret("correct horse", hash)).toBe(true);
    expect(await verifySecret("correct horsf", hash)).toBe(false);
    expect(await verifySecret("", hash)).toBe(false);
  });

  it("is salted: the same password never gives the same hash", async () => {
    expect(await hashSecret("same")).not.toBe(await hashSecret("same"));
  });

  it("takes a password however its accents were typed", async () => {
    const hash = await hashSecret("caf\u00e9");
    expect(await verifySecret("cafe\u0301", hash)).toBe(true);
  });

  it.each(["", "plain", "scrypt$1$aa$bb", "pbkdf2-sha512$1"])(
    "refuses what is not a hash of ours: %j",
    async (stored) => {
      expect(await verifySecret("x", stored)).toBe(false);
    },
  );
});
