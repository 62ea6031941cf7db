/** Keys of step executions are paths with iteration indexes: `notify[12]/mail` is in `notify[12]` in `notify`. */

/** The key itself last, its outermost ancestor first: `a`, `a[1]`, `a[1]/b`. */
export function keyChain(key: string): string[] {
  const chain: string[] = [];
  for (let at = 0; at < key.length; at += 1)
    if (key[at] === "/" || key[at] === "[") chain.push(key.slice(0, at));
  return [...chain, key];
}

/** The index of an iteration's key, or of the innermost iteration around a step. */
export function iterationIndex(key: string): number | null {
  const match = /\[(\d+)\](?!.*\[\d+\])/.exec(key);
  return match?.[1] === undefined ? null : Number(match[1]);
}

/** The innermost iteration around a step, or the key itself when it is one; null outside loops. */
export function iterationKey(key: string): string | null {
  return /^.*\[\d+\]/.exec(key)?.[0] ?? null;
}

/** `notify[41]/mail` as people say it: `notify #42 › mail`. */
export function describeKey(key: string): string {
  return key
    .replace(/\[(\d+)\]/g, (_, index: string) => ` #${Number(index) + 1}`)
    .replaceAll("/", " › ");
}
