export type ShortcutScope = "global" | "editor" | "runs" | "run" | "approvals";

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
    id: "go-approvals",
    keys: "g a",
    scope: "global",
    label: "Go to approvals",
  },
  {
    id: "go-settings",
    keys: "g ,",
    scope: "global",
    label: "Go to settings",
  },
  {
    id: "toggle-sidebar",
    keys: "$mod+b",
    scope: "global",
    label: "Show or hide the side bar",
  },
  { id: "save-draft", keys: "$mod+s", scope: "editor", label: "Save draft" },
  {
    id: "test-run",
    keys: "$mod+Enter",
    scope: "editor",
    label: "Test the draft…",
  },
  {
    id: "run",
    keys: "$mod+Alt+Enter",
    scope: "editor",
    label: "Run the published version…",
  },
  {
    id: "publish",
    keys: "$mod+Shift+Enter",
    scope: "editor",
    label: "Publish…",
  },
  {
    id: "compare-versions",
    keys: "c",
    scope: "editor",
    label: "Compare the chosen versions",
  },
  { id: "next-run", keys: "j", scope: "runs", label: "Next run" },
  { id: "previous-run", keys: "k", scope: "runs", label: "Previous run" },
  { id: "show-new-runs", keys: ".", scope: "runs", label: "Show new runs" },
  { id: "next-failure", keys: "f", scope: "run", label: "Next failure" },
  {
    id: "previous-failure",
    keys: "Shift+F",
    scope: "run",
    label: "Previous failure",
  },
  { id: "tab-input", keys: "i", scope: "run", label: "Show input" },
  { id: "tab-output", keys: "o", scope: "run", label: "Show output" },
  { id: "tab-error", keys: "e", scope: "run", label: "Show error" },
  { id: "tab-logs", keys: "s", scope: "run", label: "Show logs" },
  { id: "tab-details", keys: "d", scope: "run", label: "Show details" },
  {
    id: "previous-attempt",
    keys: "[",
    scope: "run",
    label: "Previous attempt",
  },
  { id: "next-attempt", keys: "]", scope: "run", label: "Next attempt" },
  {
    id: "toggle-idle",
    keys: "z",
    scope: "run",
    label: "Show or hide idle time",
  },
  { id: "follow", keys: "l", scope: "run", label: "Follow what is running" },
  { id: "filter-steps", keys: "/", scope: "run", label: "Filter steps" },
  { id: "view-timeline", keys: "1", scope: "run", label: "Show the timeline" },
  { id: "view-events", keys: "4", scope: "run", label: "Show the events" },
  { id: "replay", keys: "r", scope: "run", label: "Replay…" },
  {
    id: "replay-from-step",
    keys: "Shift+R",
    scope: "run",
    label: "Replay from the selected step…",
  },
  { id: "cancel-run", keys: "Shift+C", scope: "run", label: "Cancel run…" },
  {
    id: "next-approval",
    keys: "j",
    scope: "approvals",
    label: "Next approval",
  },
  {
    id: "previous-approval",
    keys: "k",
    scope: "approvals",
    label: "Previous approval",
  },
  {
    id: "decide-approval",
    keys: "a",
    scope: "approvals",
    label: "Go to the decision",
  },
] as const satisfies readonly Shortcut[];

export type ShortcutId = (typeof SHORTCUTS)[number]["id"];

export const SCOPE_LABEL = {
  global: "Everywhere",
  editor: "Workflow editor",
  runs: "Runs",
  run: "Run",
  approvals: "Approvals",
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
