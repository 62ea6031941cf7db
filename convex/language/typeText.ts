/** TypeScript as text: names and comments that are safe whatever is in them. */

const RESERVED = new Set(["__proto__"]);

/** The name of a property, in quotes if it has to be. */
export function propertyName(name: string): string {
  const isPlain = /^[A-Za-z_$][\w$]*$/.test(name) && !RESERVED.has(name);
  return isPlain ? name : quoted(name);
}

/** A literal; line separators are escaped too, for readers of older rules. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16)}`,
  );
}

export function docComment(text: string): string {
  return `/** ${text.replaceAll("*/", "* /").replace(/\s+/g, " ")} */`;
}

/** Every line but the first. */
export function indented(text: string): string {
  return text.replaceAll("\n", "\n  ");
}

export function objectType(members: readonly string[]): string {
  return members.length === 0
    ? "{}"
    : `{\n  ${members.map((member) => indented(member)).join("\n  ")}\n}`;
}

export function listOf(type: string): string {
  return /^\w+(\[\])*$/.test(type) ? `${type}[]` : `(${type})[]`;
}

export function unionOf(types: readonly string[]): string {
  return [...new Set(types)].join(" | ");
}
