"use client";

import {
  createContext,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
  type ReactNode,
} from "react";
import { tinykeys } from "tinykeys";
import { findShortcut, isPlainKey, type ShortcutId } from "@/lib/shortcuts";
import { setPlainKeys, usePlainKeys } from "./plain-keys";
import { ShortcutHelp } from "./shortcut-help";

type Shortcuts = { plainKeys: boolean; openHelp: () => void };

const ShortcutsContext = createContext<Shortcuts>({
  plainKeys: true,
  openHelp: () => undefined,
});

export function ShortcutsProvider({ children }: { children: ReactNode }) {
  const [helpOpen, setHelpOpen] = useState(false);
  const plainKeys = usePlainKeys();
  const openHelp = useCallback(() => setHelpOpen(true), []);
  const value = useMemo(() => ({ plainKeys, openHelp }), [plainKeys, openHelp]);
  return (
    <ShortcutsContext value={value}>
      {children}
      <HelpShortcut />
      <ShortcutHelp
        open={helpOpen}
        onOpenChange={setHelpOpen}
        plainKeys={plainKeys}
        onPlainKeysChange={setPlainKeys}
      />
    </ShortcutsContext>
  );
}

function HelpShortcut() {
  const { openHelp } = useShortcuts();
  useShortcut("help", openHelp);
  return null;
}

export function useShortcuts(): Shortcuts {
  return useContext(ShortcutsContext);
}

const TYPING =
  "input, textarea, select, [contenteditable=true], .monaco-editor";
const LAYER = "[role=menu], [role=dialog], [role=alertdialog]";

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest(TYPING) !== null;
}

/**
 * Runs `action` when the keys of shortcut `id` are pressed while the calling component is mounted. Plain keys do
 * nothing while somebody types; nothing runs under an open menu or dialog. Chords come before Monaco's own.
 */
export function useShortcut(id: ShortcutId, action: () => void): void {
  const { plainKeys } = useShortcuts();
  const latest = useRef(action);
  useEffect(() => {
    latest.current = action;
  });
  useEffect(() => {
    const { keys } = findShortcut(id);
    const plain = isPlainKey(keys);
    if (plain && !plainKeys) return;
    const handle = (event: KeyboardEvent) => {
      if (plain && isTyping(event.target)) return;
      if (document.querySelector(LAYER)) return;
      event.preventDefault();
      if (!plain) event.stopPropagation();
      latest.current();
    };
    return tinykeys(window, pressed(keys, handle), { capture: true });
  }, [id, plainKeys]);
}

/** `?` needs Shift on many layouts and not on others: both count. */
function pressed(keys: string, handle: (event: KeyboardEvent) => void) {
  return keys === "?" ? { "?": handle, "Shift+?": handle } : { [keys]: handle };
}
