import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { decryptSecret, encryptSecret } from "./secretCipher";

const key = (fill: number) => btoa(String.fromCharCode(fill).repeat(32));

beforeEach(() => {
  vi.stubEnv("SECRETS_KEY", key(7));
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe("a secret", () => {
  it("comes back as it was and never twice as the same text", async () => {
    const one = await encryptSecret("TOKEN", "sk_live_ä");
    const two = await encryptSecret("TOKEN", "sk_live_ä");
    expect(one.ciphertext).not.toBe(two.ciphertext);
    expect(await decryptSecret({ ...one, name: "TOKEN" })).toBe("sk_live_ä");
  });

  it("does not decrypt under another name", async () => {
    const secret = await encryptSecret("TOKEN", "value");
    await expect(decryptSecret({ ...secret, name: "OTHER" })).rejects.toThrow();
  });

  it("says that the key has changed", async () => {
    const secret = await encryptSecret("TOKEN", "value");
    vi.stubEnv("SECRETS_KEY", key(8));
    await expect(decryptSecret({ ...secret, name: "TOKEN" })).rejects.toThrow(
      /another SECRETS_KEY/,
    );
  });

  it("says that the key is missing or malformed", async () => {
    for (const wrong of ["", "short", "%%%"]) {
      vi.stubEnv("SECRETS_KEY", wrong);
      await expect(encryptSecret("TOKEN", "value")).rejects.toThrow(
        /SECRETS_KEY: 32 random bytes/,
      );
    }
  });
});
