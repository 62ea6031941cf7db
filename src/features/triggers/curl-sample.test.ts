import { describe, expect, it } from "vitest";
import { curlSample } from "./curl-sample";

describe("curlSample", () => {
  it("keeps single quotes inside the body", () => {
    expect(curlSample("http://x/hooks/t", `{"name":"O'Hara"}`)).toContain(
      `O'\\''Hara`,
    );
  });

  it("sends an empty object when there is no sample", () => {
    expect(curlSample("http://x/hooks/t", null)).toContain("-d '{}'");
  });
});
