/** AES-256-GCM under `SECRETS_KEY`. For actions: a random IV is not for transactions that may run twice. */
import { userError } from "../errors";
import { environment } from "../environment";

export type Encrypted = {
  /** First 8 characters of the SHA-256 of the key it was encrypted under. */
  keyId: string;
  iv: string;
  ciphertext: string;
};

/** `name` is bound to the value: a row moved to another name does not decrypt. */
export async function encryptSecret(
  name: string,
  value: string,
): Promise<Encrypted> {
  const { key, keyId } = await secretsKey();
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const ciphertext = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv, additionalData: utf8(name) },
    key,
    utf8(value),
  );
  return { keyId, iv: toBase64(iv), ciphertext: toBase64(ciphertext) };
}

export async function decryptSecret(
  secret: Encrypted & { name: string },
): Promise<string> {
  const { key, keyId } = await secretsKey();
  if (keyId !== secret.keyId)
    throw userError(
      "not_configured",
      `The secret ${secret.name} was saved under another SECRETS_KEY; save it again.`,
    );
  const iv = fromBase64(secret.iv);
  const plain = await crypto.subtle.decrypt(
    { name: "AES-GCM", iv, additionalData: utf8(secret.name) },
    key,
    fromBase64(secret.ciphertext),
  );
  return new TextDecoder().decode(plain);
}

async function secretsKey(): Promise<{ key: CryptoKey; keyId: string }> {
  const bytes = keyBytes(environment("SECRETS_KEY"));
  const key = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, [
    "encrypt",
    "decrypt",
  ]);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return { key, keyId: toHex(digest).slice(0, 8) };
}

function keyBytes(text: string | undefined): Uint8Array<ArrayBuffer> {
  const bytes = text === undefined ? null : parsedKey(text);
  if (bytes?.length === 32) return bytes;
  throw userError(
    "not_configured",
    "Secrets need the environment variable SECRETS_KEY: 32 random bytes in base64, for example from `openssl rand -base64 32`.",
  );
}

function parsedKey(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return fromBase64(text);
  } catch {
    return null;
  }
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function toHex(bytes: ArrayBuffer): string {
  return [...new Uint8Array(bytes)]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}

function toBase64(bytes: ArrayBuffer | Uint8Array): string {
  let text = "";
  for (const byte of new Uint8Array(bytes)) text += String.fromCharCode(byte);
  return btoa(text);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.trim()), (char) => char.charCodeAt(0));
}
