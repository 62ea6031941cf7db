/** `Uint8Array.fromBase64`, with which bundled `.wasm` imports carry their bytes: newer engines have it, Node 20 not. */
import { atob } from "./web/text-encoding";

type Base64Options = { alphabet?: "base64" | "base64url" };
type FromBase64 = {
  fromBase64?: (text: string, options?: Base64Options) => Uint8Array;
};

export function installBase64(): void {
  const target: FromBase64 = Uint8Array as FromBase64;
  target.fromBase64 ??= fromBase64;
}

function fromBase64(text: string, options: Base64Options = {}): Uint8Array {
  const isUrl = options.alphabet === "base64url";
  if (isUrl ? /[+/]/.test(text) : /[-_]/.test(text))
    throw new SyntaxError("Found a character that is not part of the alphabet");
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
