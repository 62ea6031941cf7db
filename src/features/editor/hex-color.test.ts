import { expect, it } from "vitest";
import { hexDigits } from "./hex-color";

it("keeps six digits and doubles three", () => {
  expect(hexDigits(" #1d4ed8")).toBe("1d4ed8");
  expect(hexDigits("#fff")).toBe("ffffff");
  expect(hexDigits("#1a9")).toBe("11aa99");
});
