import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { requirePackages } from "./external-packages";

const { version } = JSON.parse(
  readFileSync("node_modules/object-inspect/package.json", "utf8"),
) as { version: string };

describe("a push with external packages", () => {
  it("is taken when they are installed here in the same version", () => {
    requirePackages([{ name: "object-inspect", version }]);
    requirePackages([]);
  });

  it("is refused by name otherwise", () => {
    const wanted = [
      { name: "object-inspect", version: "0.0.1" },
      { name: "not-a-package-of-anyone", version: "1.2.3" },
    ];
    expect(() => requirePackages(wanted)).toThrow(
      `object-inspect@0.0.1 is installed as ${version}, not-a-package-of-anyone@1.2.3 is not installed.`,
    );
  });
});
