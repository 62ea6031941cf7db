export type ShortcutScope = "global" | "editor";

export type Shortcut = {
  id: string;
  /** In tinykeys syntax; `$mod` is ⌘ on Apple machines and Ctrl elsewhere. */
  keys: string;
  scope: ShortcutScope;
  label: string;
};

/** Every shortcut of the app: what is bound, what the help sheet lists and what tooltips show. */
export const SHORTCUTS = [
  { id: "help", keys: "?", scope: "global", label: "Show shortcuts" },
  {
    id: "go-workflows",
    keys: "g w",
    scope: "global",
    label: "Go to workflows",
  },
  { id: "go-runs", keys: "g r", scope: "global", label: "Go to runs" },
  {
    id: "toggle-sidebar",
    keys: "$mod+b",
    scope: "global",
    label: "Show or hide the side bar",
  },
  { id: "save-draft", keys: "$mod+s", scope: "editor", label: "Save draft" },
  { id: "run", keys: "$mod+Enter", scope: "editor", label: "Run…" },
  {
    id: "publish",
    keys: "$mod+Shift+Enter",
    scope: "editor",
    label: "Publish…",
  },
] as const satisfies readonly Shortcut[];

export type ShortcutId = (typeof SHORTCUTS)[number]["id"];

export const SCOPE_LABEL = {
  global: "Everywhere",
  editor: "Workflow editor",
} as const satisfies Record<ShortcutScope, string>;

/** Single keys and sequences of them: they must stay silent while somebody types, and can be switched off. */
export function isPlainKey(keys: string): boolean {
  return !keys.includes("$mod");
}

export function findShortcut(id: ShortcutId): Shortcut {
  const found = SHORTCUTS.find((shortcut) => shortcut.id === id);
  if (!found) throw new Error(`No shortcut is called ${id}.`);
  return found;
}

const APPLE_NAMES: Record<string, string> = {
  $mod: "⌘",
  Shift: "⇧",
  Enter: "↵",
};
const OTHER_NAMES: Record<string, string> = { $mod: "Ctrl" };

/** The key caps of a shortcut, one list for each press: `g w` is [["G"], ["W"]]. */
export function keyCaps(keys: string, apple: boolean): string[][] {
  const names = apple ? APPLE_NAMES : OTHER_NAMES;
  return keys
    .split(" ")
    .map((press) =>
      press
        .split("+")
        .map(
          (key) => names[key] ?? (key.length === 1 ? key.toUpperCase() : key),
        ),
    );
}
