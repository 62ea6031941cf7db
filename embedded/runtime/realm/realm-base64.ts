/**
 * `Uint8Array.fromBase64`, with which bundled `.wasm` imports carry their bytes: newer engines have it, Node 20 does not.
 */
type FromBase64 = { fromBase64?: (text: string) => Uint8Array };

export function installBase64(): void {
  const target: FromBase64 = Uint8Array as FromBase64;
  target.fromBase64 ??= fromBase64;
}

function fromBase64(text: string): Uint8Array {
  const binary = atob(text);
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
