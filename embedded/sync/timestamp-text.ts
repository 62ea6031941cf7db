/** Timestamps on the wire: 8 bytes little endian in base64. */
export function encodeTs(ts: bigint): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(ts);
  return bytes.toString("base64");
}

export function decodeTs(text: string): bigint {
  const bytes = Buffer.from(text, "base64");
  if (bytes.length !== 8) throw new Error(`"${text}" is not a timestamp`);
  return bytes.readBigUInt64LE();
}
