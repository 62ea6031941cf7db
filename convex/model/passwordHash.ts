/**
 * Hashes of passwords: PBKDF2 with SHA-512. Convex Auth's own choice (scrypt in JavaScript) takes a third of the time
 * that a mutation has on a free machine and all of it on a busy one; this runs natively everywhere.
 */
const ROUNDS = 210_000;
const SALT_BYTES = 16;
const HASH_BITS = 256;
const SCHEME = "pbkdf2-sha512";

/** `scheme$rounds$salt$hash`, so that rounds can grow without locking anybody out. */
export async function hashSecret(password: string): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  const hash = await derive(password, salt, ROUNDS);
  return [SCHEME, ROUNDS, toHex(salt), toHex(hash)].join("$");
}

export async function verifySecret(
  password: string,
  stored: string,
): Promise<boolean> {
  const [scheme, rounds, salt, hash] = stored.split("$");
  if (scheme !== SCHEME || salt === undefined || hash === undefined)
    return false;
  const derived = await derive(password, fromHex(salt), Number(rounds));
  return isEqual(derived, fromHex(hash));
}

async function derive(
  password: string,
  salt: Uint8Array<ArrayBuffer>,
  iterations: number,
): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey(
    "raw",
    new TextEncoder().encode(password.normalize("NFKC")),
    "PBKDF2",
    false,
    ["deriveBits"],
  );
  const algorithm = { name: "PBKDF2", hash: "SHA-512", salt, iterations };
  return new Uint8Array(
    await crypto.subtle.deriveBits(algorithm, key, HASH_BITS),
  );
}

/** Takes the same time wherever they differ. */
function isEqual(left: Uint8Array, right: Uint8Array): boolean {
  let difference = left.length ^ right.length;
  for (const [index, byte] of left.entries())
    difference |= byte ^ (right[index] ?? 0);
  return difference === 0;
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
}

function fromHex(text: string): Uint8Array<ArrayBuffer> {
  const pairs = text.match(/../g) ?? [];
  return new Uint8Array(pairs.map((pair) => parseInt(pair, 16)));
}
