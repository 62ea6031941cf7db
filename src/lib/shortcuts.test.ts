import { describe, expect, it } from "vitest";
import {
  findShortcut,
  isPlainKey,
  keyCaps,
  SCOPE_LABEL,
  SHORTCUTS,
} from "./shortcuts";

describe("shortcut registry", () => {
  it("binds no keys twice in a scope: the global one overlaps every other", () => {
    for (const scope of Object.keys(SCOPE_LABEL)) {
      const keys = SHORTCUTS.filter((shortcut) =>
        ["global", scope].includes(shortcut.scope),
      ).map((shortcut) => shortcut.keys);
      expect(new Set(keys).size).toBe(keys.length);
    }
  });

  it("has no id twice", () => {
    const ids = SHORTCUTS.map((shortcut) => shortcut.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("has no single key that starts a sequence", () => {
    const starts = SHORTCUTS.filter(({ keys }) => keys.includes(" ")).map(
      ({ keys }) => keys.split(" ")[0],
    );
    for (const { keys } of SHORTCUTS) expect(starts).not.toContain(keys);
  });

  it("finds a shortcut by id", () => {
    expect(findShortcut("save-draft").keys).toBe("$mod+s");
  });

  it("tells plain keys from chords", () => {
    expect(isPlainKey("g w")).toBe(true);
    expect(isPlainKey("$mod+s")).toBe(false);
  });

  it("shows the glyphs of the platform", () => {
    expect(keyCaps("$mod+Shift+Enter", true)).toEqual([["⌘", "⇧", "↵"]]);
    expect(keyCaps("$mod+b", false)).toEqual([["Ctrl", "B"]]);
    expect(keyCaps("g w", false)).toEqual([["G"], ["W"]]);
  });
});
