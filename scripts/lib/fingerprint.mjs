/** One hash for the content of files and folders, to know whether something must be built or pushed again. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * `skip(path)` leaves out files that do not matter. A path that does not exist counts as empty.
 *
 * @param {string} base
 * @param {string[]} paths
 * @param {{ skip?: (path: string) => boolean, extra?: string }} options
 */
export function fingerprint(base, paths, { skip = () => false, extra = "" }) {
  const hash = createHash("sha256").update(extra);
  for (const path of paths) {
    for (const file of filesUnder(base, path)) {
      if (skip(file)) continue;
      hash.update(`\0${file}\0`).update(readFileSync(join(base, file)));
    }
  }
  return hash.digest("hex");
}

function filesUnder(base, path) {
  const full = join(base, path);
  if (!existsSync(full)) return [];
  if (!statSync(full).isDirectory()) return [path];
  return readdirSync(full)
    .sort()
    .flatMap((name) => filesUnder(base, `${path}/${name}`));
}
