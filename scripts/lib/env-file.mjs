/** `.env.local`: our lines are replaced, all others are kept as they are. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";

/** Sets the given names in the text of an env file; a name that is not there is appended. */
export function setLines(text, values) {
  const wanted = new Map(Object.entries(values));
  const lines = text.split("\n").map((line) => {
    const name = /^\s*(?:export\s+)?([A-Z0-9_]+)\s*=/.exec(line)?.[1];
    if (!name || !wanted.has(name)) return line;
    const value = wanted.get(name);
    wanted.delete(name);
    return `${name}=${value}`;
  });
  while (lines.at(-1) === "") lines.pop();
  for (const [name, value] of wanted) lines.push(`${name}=${value}`);
  return lines.join("\n") + "\n";
}

export function updateEnvFile(path, values) {
  const before = existsSync(path) ? readFileSync(path, "utf8") : "";
  const after = setLines(before, values);
  if (after !== before) writeFileSync(path, after, { mode: 0o600 });
}
