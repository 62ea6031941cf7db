"use client";

import { useShortcuts } from "@/features/shell/shortcuts-provider";
import { formatPlural } from "@/lib/format";

const HINTS = [
  { keys: ["↑", "↓"], label: "move" },
  { keys: ["←", "→"], label: "collapse / expand" },
  { keys: ["f"], label: "next failure" },
  { keys: ["z"], label: "idle time" },
] as const;

export function TreeFooter(props: { shown: number; loading: boolean }) {
  const { openHelp } = useShortcuts();
  return (
    <footer className="flex shrink-0 items-center gap-4 overflow-hidden border-t border-border px-3 py-1.5 text-xs text-fg-muted max-md:hidden">
      {HINTS.map((hint) => (
        <span
          key={hint.label}
          className="flex items-center gap-1 whitespace-nowrap"
        >
          {hint.keys.map((key) => (
            <Key key={key}>{key}</Key>
          ))}
          {hint.label}
        </span>
      ))}
      <button
        type="button"
        className="flex items-center gap-1 whitespace-nowrap hover:text-fg"
        onClick={openHelp}
      >
        <Key>?</Key>
        all shortcuts
      </button>
      <span className="flex-1" />
      <span role="status" className="tabular-nums">
        {props.loading
          ? "Loading steps…"
          : props.shown === 0
            ? "No step matches"
            : formatPlural(props.shown, "row")}
      </span>
    </footer>
  );
}

function Key({ children }: { children: string }) {
  return (
    <kbd className="grid h-4.5 min-w-4.5 place-items-center rounded-sm border border-border-strong px-1 font-mono text-2xs">
      {children}
    </kbd>
  );
}
