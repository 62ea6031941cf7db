import { expect, it } from "vitest";
import { fieldPath } from "./field-path";

it("finds the form's field of the name the backend uses", () => {
  expect(fieldPath("input.customer.email")).toBe("/customer/email");
  expect(fieldPath("input.tags[0].name")).toBe("/tags");
  expect(fieldPath("failures")).toBe("/failures");
});
