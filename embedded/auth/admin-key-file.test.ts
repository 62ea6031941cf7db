import {
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readOrMakeAdminKey } from "./admin-key-file";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "admin-key-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("the file of the admin key", () => {
  it("is made once, for its owner alone, in a folder that is made too", () => {
    const file = join(folder, "data", "admin-key");
    expect(readOrMakeAdminKey(file, () => "name|first")).toBe("name|first");
    expect(readOrMakeAdminKey(file, () => "name|second")).toBe("name|first");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, "data"))).toEqual(["admin-key"]);
  });

  it("is never replaced by a process that starts at the same moment", () => {
    const file = join(folder, "admin-key");
    const key = readOrMakeAdminKey(file, () => {
      writeFileSync(file, "name|of the other\n");
      return "name|mine";
    });
    expect(key).toBe("name|of the other");
  });

  it("is no key when it is empty", () => {
    const file = join(folder, "admin-key");
    writeFileSync(file, "\n");
    expect(() => readOrMakeAdminKey(file, () => "name|key")).toThrow(
      `The admin key file ${file} is empty; delete it`,
    );
  });
});
