"use client";

import { useId } from "react";
import {
  Dialog,
  DialogContent,
  DialogDescription,
  DialogHeader,
  DialogTitle,
} from "@/components/ui/dialog";
import { Label } from "@/components/ui/label";
import { Switch } from "@/components/ui/switch";
import { isApple } from "@/lib/platform";
import {
  keyCaps,
  SCOPE_LABEL,
  SHORTCUTS,
  type ShortcutScope,
} from "@/lib/shortcuts";

export function ShortcutHelp(props: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  plainKeys: boolean;
  onPlainKeysChange: (on: boolean) => void;
}) {
  const switchId = useId();
  return (
    <Dialog open={props.open} onOpenChange={props.onOpenChange}>
      <DialogContent>
        <DialogHeader>
          <DialogTitle>Keyboard shortcuts</DialogTitle>
          <DialogDescription>
            In the code editor, F8 goes to the next problem and Ctrl+M lets Tab
            leave it.
          </DialogDescription>
        </DialogHeader>
        {SCOPES.map((scope) => (
          <ShortcutList key={scope} scope={scope} />
        ))}
        <div className="flex items-center justify-between gap-4 border-t border-border pt-4">
          <Label htmlFor={switchId}>Single-key shortcuts</Label>
          <Switch
            id={switchId}
            checked={props.plainKeys}
            onCheckedChange={props.onPlainKeysChange}
          />
        </div>
      </DialogContent>
    </Dialog>
  );
}

const SCOPES = [
  "global",
  "editor",
  "runs",
  "run",
  "approvals",
] as const satisfies readonly ShortcutScope[];

function ShortcutList({ scope }: { scope: ShortcutScope }) {
  return (
    <section>
      <h3 className="mb-1 text-xs font-semibold text-fg-muted">
        {SCOPE_LABEL[scope]}
      </h3>
      <ul className="divide-y divide-border">
        {SHORTCUTS.filter((shortcut) => shortcut.scope === scope).map(
          ({ id, label, keys }) => (
            <li key={id} className="flex items-center justify-between py-1.5">
              <span>{label}</span>
              <KeyCaps keys={keys} />
            </li>
          ),
        )}
      </ul>
    </section>
  );
}

function KeyCaps({ keys }: { keys: string }) {
  return (
    <span className="flex gap-1">
      {keyCaps(keys, isApple()).map((press, index) => (
        <kbd
          key={index}
          className="rounded-sm border border-border-strong bg-subtle px-1.5 font-mono text-xs"
        >
          {press.join(" ")}
        </kbd>
      ))}
    </span>
  );
}
