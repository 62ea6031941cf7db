/** What tests of functions stand on: our own backend, or the `convex-test` package, which knows nothing of ours. */
export type Ground = "embedded" | "convex-test";

export const GROUND: Ground =
  process.env["TEST_GROUND"] === "convex-test" ? "convex-test" : "embedded";
