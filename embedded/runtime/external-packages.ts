/** `node.externalPackages`: a push names the packages it left out; they must be installed where the backend runs. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { BackendError } from "../database/backend-error";

export interface ExternalPackage {
  name: string;
  version: string;
}

/** Throws when one of them is missing or of another version. */
export function requirePackages(
  packages: readonly ExternalPackage[],
  folder = process.cwd(),
): void {
  const problems = packages.flatMap(({ name, version }) => {
    const installed = installedVersion(name, folder);
    if (installed === version) return [];
    return installed === null
      ? [`${name}@${version} is not installed`]
      : [`${name}@${version} is installed as ${installed}`];
  });
  if (problems.length === 0) return;
  throw new BackendError(
    "ExternalPackagesNotInstalled",
    `External packages of Node.js actions are loaded from where this deployment runs: ${problems.join(", ")}. ` +
      "Install them there, or remove them from `node.externalPackages` in convex.json.",
  );
}

function installedVersion(name: string, folder: string): string | null {
  const places =
    createRequire(path.join(folder, "package.json")).resolve.paths(name) ?? [];
  for (const place of places) {
    try {
      const text = readFileSync(path.join(place, name, "package.json"), "utf8");
      return (JSON.parse(text) as { version: string }).version;
    } catch {
      continue;
    }
  }
  return null;
}
