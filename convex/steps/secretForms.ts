/**
 * How a secret may stand in what comes back from where it was sent: in addresses, in JSON and HTML, in base64 (anywhere in
 * the encoded bytes), in hex, and without the space around it, which headers do not keep.
 */
export function secretForms(value: string): string[] {
  const trimmed = value.trim();
  const forms = [value, trimmed].flatMap((text) => [
    text,
    ...inAddresses(text),
    ...inTexts(text),
    ...encoded(text),
  ]);
  return [...new Set(forms)];
}

/** What each part of an address encodes, besides what is not ASCII or not printable. Of paths, some leave `^`. */
const ENCODED_IN = {
  fragment: ' "<>`',
  query: " \"#<>'",
  path: ' "#<>?`{}',
  strictPath: ' "#<>?`{}^',
  user: ' "#<>?`{}^/:;=@[\\]|',
};

function inAddresses(value: string): string[] {
  return [
    encodeURIComponent(value),
    new URLSearchParams([["", value]]).toString().slice(1),
    ...Object.values(ENCODED_IN).map((letters) => percent(value, letters)),
    // As in the name of a host.
    value.toLowerCase(),
    // A query of which only half was decoded, and one that was not encoded.
    value.replaceAll(" ", "+"),
    value.replaceAll("+", " "),
  ];
}

function percent(value: string, letters: string): string {
  return [...value]
    .map((letter) =>
      letters.includes(letter) || !/[ -~]/.test(letter)
        ? percentEncoded(letter)
        : letter,
    )
    .join("");
}

function percentEncoded(letter: string): string {
  const bytes = toHex(new TextEncoder().encode(letter)).toUpperCase();
  return bytes.replace(/../g, "%$&");
}

const HTML: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** JSON also as servers write it that escape slashes, or all that is not ASCII. */
function inTexts(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1);
  const ascii = json.replace(
    /[^\0-\x7f]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  const slashed = (text: string) => text.replaceAll("/", "\\/");
  const html = value.replace(/[&<>"']/g, (letter) => HTML[letter] ?? letter);
  return [json, ascii, slashed(json), slashed(ascii), html];
}

/** Shorter ones would hide ordinary text. */
const MIN_ENCODED = 6;

/** What base64 makes of the secret depends on where it begins in the encoded bytes: three ways, without their edges. */
function encoded(value: string): string[] {
  const bytes = new TextEncoder().encode(value);
  const hex = toHex(bytes);
  const forms = [hex, hex.toUpperCase()];
  for (const before of [0, 1, 2]) {
    const padded = new Uint8Array(before + bytes.length);
    padded.set(bytes, before);
    const whole = Math.floor((padded.length * 8) / 6);
    const base64 = toBase64(padded).slice(Math.ceil((before * 8) / 6), whole);
    forms.push(base64, base64.replaceAll("+", "-").replaceAll("/", "_"));
  }
  return forms.filter(({ length }) => length >= MIN_ENCODED);
}

function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
}
