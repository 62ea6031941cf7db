import { describe, expect, it } from "vitest";
import { pinsToSend, withPin } from "./pin-drafts";
import { scopeTexts } from "./scope-texts";

describe("the values for a test of one step", () => {
  it("are those of a run, ready to edit", () => {
    const scope = {
      input: `{"n":1}`,
      steps: [{ name: "order", json: `{"id":7}` }],
      items: [],
    };
    const texts = scopeTexts(scope, null);
    expect(JSON.parse(texts.input)).toEqual({ n: 1 });
    expect(JSON.parse(texts.steps)).toEqual({ order: { id: 7 } });
    expect(texts.items).toBe("{}");
  });

  it("begin with the input of the last time when there is no run", () => {
    expect(JSON.parse(scopeTexts(null, `{"n":2}`).input)).toEqual({ n: 2 });
    expect(scopeTexts(null, null).input).toBe("{}");
    expect(scopeTexts(null, "not json").input).toBe("not json");
  });
});

describe("pins", () => {
  it("are chosen, changed and taken away by pattern", () => {
    const one = withPin({}, "a", { kind: "json", json: "1" });
    const two = withPin(one, "loop[]/b", { kind: "json", json: "2" });
    expect(pinsToSend(withPin(two, "a", null))).toEqual([
      { pattern: "loop[]/b", value: { kind: "json", json: "2" } },
    ]);
  });
});
