/** The pushed module that a relative import names, with or without `.js`; null when it is not of the push. */
export function resolveSpecifier(
  from: string,
  specifier: string,
  has: (modulePath: string) => boolean,
): string | null {
  if (!specifier.startsWith(".")) return null;
  const path = joined(from, specifier);
  return [path, `${path}.js`].find(has) ?? null;
}

function joined(from: string, specifier: string): string {
  const segments = from.split("/").slice(0, -1);
  for (const segment of specifier.split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== "." && segment !== "") segments.push(segment);
  }
  return segments.join("/");
}
