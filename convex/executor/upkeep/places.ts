/** The next creation time there can be: where a pass goes on behind a row. */
export function afterTime(time: number): number {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, time);
  bits.setBigInt64(0, bits.getBigInt64(0) + 1n);
  return bits.getFloat64(0);
}
