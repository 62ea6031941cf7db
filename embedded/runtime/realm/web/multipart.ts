/** `multipart/form-data` (RFC 7578), both ways. */
import { Blob, type BlobPart, File } from "./blob";
import { FormData } from "./form-data";
import { decodeText, encodeText } from "./text-encoding";

export function encodeMultipart(form: FormData): { type: string; body: Blob } {
  const boundary = `----formdata-${crypto.randomUUID()}`;
  const parts: BlobPart[] = [];
  for (const [name, value] of form) {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"`;
    if (typeof value === "string") {
      parts.push(`${head}\r\n\r\n${value.replace(/\r?\n|\r/g, "\r\n")}\r\n`);
    } else {
      const type = value.type === "" ? "application/octet-stream" : value.type;
      parts.push(
        `${head}; filename="${quoted(value.name)}"\r\nContent-Type: ${type}\r\n\r\n`,
        value,
        "\r\n",
      );
    }
  }
  parts.push(`--${boundary}--\r\n`);
  const type = `multipart/form-data; boundary=${boundary}`;
  return { type, body: new Blob(parts, { type }) };
}

export function decodeMultipart(bytes: Uint8Array, type: string): FormData {
  const [, inQuotes, plain] =
    /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(type) ?? [];
  const boundary = inQuotes ?? plain;
  if (boundary === undefined) throw malformed();
  const form = new FormData();
  const delimiter = encodeText(`\r\n--${boundary}`);
  let at = indexOf(bytes, delimiter.subarray(2), 0) + delimiter.length - 2;
  if (at < delimiter.length - 2) throw malformed();
  while (!(bytes[at] === 0x2d && bytes[at + 1] === 0x2d)) {
    const end = indexOf(bytes, delimiter, at);
    if (end === -1) throw malformed();
    addPart(form, bytes.subarray(at + 2, end));
    at = end + delimiter.length;
  }
  return form;
}

function addPart(form: FormData, part: Uint8Array): void {
  const split = indexOf(part, encodeText("\r\n\r\n"), 0);
  if (split === -1) throw malformed();
  const head = decodeText(part.subarray(0, split));
  const content = part.subarray(split + 4);
  const disposition = /^content-disposition:(.*)$/im.exec(head)?.[1] ?? "";
  const name = parameter(disposition, "name");
  if (name === null) throw malformed();
  const filename = parameter(disposition, "filename");
  if (filename === null) return form.append(name, decodeText(content));
  const type = /^content-type:(.*)$/im.exec(head)?.[1]?.trim() ?? "text/plain";
  form.append(name, new File([content.slice()], filename, { type }));
}

function parameter(disposition: string, name: string): string | null {
  const found = new RegExp(`[;\\s]${name}="((?:[^"\\\\]|\\\\.)*)"`, "i").exec(
    disposition,
  )?.[1];
  return found === undefined
    ? null
    : found.replace(/%0A/gi, "\n").replace(/%0D/gi, "\r").replace(/%22/g, '"');
}

function quoted(text: string): string {
  return text
    .replaceAll("\n", "%0A")
    .replaceAll("\r", "%0D")
    .replaceAll('"', "%22");
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  const first = wanted[0] ?? 0;
  for (let at = bytes.indexOf(first, from); at !== -1;) {
    if (wanted.every((byte, offset) => bytes[at + offset] === byte)) return at;
    at = bytes.indexOf(first, at + 1);
  }
  return -1;
}

function malformed(): TypeError {
  return new TypeError("Failed to parse the body as FormData");
}
