import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** Keys look like `instance|hex`; clients treat them as opaque. */
export function newAdminKey(
  instanceName: string,
  randomBytes: (size: number) => Uint8Array,
): string {
  return `${instanceName}|${Buffer.from(randomBytes(32)).toString("hex")}`;
}

/** Compares digests, so that neither content nor length of the key can be learned from the time it takes. */
export function isSameKey(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected));
}

/** A key for signing that lasts as long as the admin key does, and tells nothing about it. */
export function signingKey(adminKey: string, purpose: string): Uint8Array {
  return createHmac("sha256", adminKey).update(purpose).digest();
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text, "utf8").digest();
}
