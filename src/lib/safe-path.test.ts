import { describe, expect, it } from "vitest";
import { safePath } from "./safe-path";

describe("safePath", () => {
  it("keeps a path of this app with its query", () => {
    expect(safePath("/acme/runs?status=failed")).toBe(
      "/acme/runs?status=failed",
    );
  });

  it.each([
    null,
    "",
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "runs",
  ])("refuses %j", (path) => expect(safePath(path)).toBeNull());
});
