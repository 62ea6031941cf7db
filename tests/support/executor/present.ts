/** For tests: what must be there, or the test ends here. */
export function present<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error("it is not there");
  return value;
}
