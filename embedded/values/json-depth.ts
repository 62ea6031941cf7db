/** As deep as the parser of Convex follows; deeper than any value may be (64). */
const MAX_DEPTH = 128;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/**
 * Whether JSON text nests deeper than anything that is valid here. Code that follows values recurses, and a text of a
 * hundred thousand brackets would exhaust its stack.
 */
export function isTooDeep(json: string): boolean {
  const openings = occurrences(json, "{") + occurrences(json, "[");
  return openings > MAX_DEPTH && nestsTooDeep(json);
}

/** Counted as far as it matters: most texts have few, and are done with. */
function occurrences(json: string, bracket: string): number {
  let count = 0;
  let at = json.indexOf(bracket);
  while (at !== -1 && count <= MAX_DEPTH) {
    count += 1;
    at = json.indexOf(bracket, at + 1);
  }
  return count;
}

function nestsTooDeep(json: string): boolean {
  let depth = 0;
  for (let at = 0; at < json.length; at += 1) {
    switch (json.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(json, at);
        break;
      case OPENING_BRACKET:
      case OPENING_BRACE:
        depth += 1;
        if (depth > MAX_DEPTH) return true;
        break;
      case CLOSING_BRACKET:
      case CLOSING_BRACE:
        depth -= 1;
    }
  }
  return false;
}

/** The position of the closing quote, or the end. */
function endOfString(json: string, opening: number): number {
  let end = json.indexOf('"', opening + 1);
  while (end !== -1 && isEscaped(json, end)) end = json.indexOf('"', end + 1);
  return end === -1 ? json.length : end;
}

function isEscaped(json: string, at: number): boolean {
  let first = at;
  while (json.charCodeAt(first - 1) === BACKSLASH) first -= 1;
  return (at - first) % 2 === 1;
}
