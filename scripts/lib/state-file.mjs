/** What an earlier start left done, as a small JSON file. A missing or broken file means: nothing is known. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

export function readState(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return {};
  }
}

export function updateState(path, changes) {
  mkdirSync(dirname(path), { recursive: true });
  const state = { ...readState(path), ...changes };
  writeFileSync(path, JSON.stringify(state, null, 2) + "\n");
}
