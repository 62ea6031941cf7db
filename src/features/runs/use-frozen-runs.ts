import { useEffect, useRef, useState } from "react";
import type { RunSummary } from "@/convex/validators/runs";
import { viewFrozen, viewLive } from "./frozen-runs";

type Shown = { scope: string; runs: readonly RunSummary[] };

/** A list that stands still while it is scrolled, pointed at or focused. `scope` names the filter. */
export function useFrozenRuns(live: readonly RunSummary[], scope: string) {
  const region = useRef<HTMLDivElement>(null);
  const held = useHeld(region);
  const [shown, setShown] = useState<Shown>({ scope, runs: [] });
  const standsStill = held && shown.scope === scope && shown.runs.length > 0;
  const view = standsStill ? viewFrozen(live, shown.runs) : viewLive(live);
  const next = { scope, runs: view.rows.map((row) => row.run) };
  if (!isSameList(shown, next)) setShown(next);
  const showFresh = () => {
    setShown({ scope, runs: [] });
    scrollParent(region.current)?.scrollTo({ top: 0 });
  };
  return { region, view, showFresh };
}

function isSameList(a: Shown, b: Shown): boolean {
  return (
    a.scope === b.scope &&
    a.runs.length === b.runs.length &&
    a.runs.every((run, index) => run === b.runs[index])
  );
}

function useHeld(region: React.RefObject<HTMLElement | null>): boolean {
  const [reasons, setReasons] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    const element = region.current;
    if (element === null) return;
    const set = (reason: string, on: boolean) =>
      setReasons((was) => (was.has(reason) === on ? was : toggle(was, reason)));
    const parent = scrollParent(element);
    const abort = new AbortController();
    const listen = (target: EventTarget, type: string, run: () => void) =>
      target.addEventListener(type, run, { signal: abort.signal });
    listen(element, "pointerenter", () => set("pointer", true));
    listen(element, "pointerleave", () => set("pointer", false));
    listen(element, "focusin", () => set("focus", true));
    listen(element, "focusout", () => set("focus", false));
    if (parent)
      listen(parent, "scroll", () => set("scroll", parent.scrollTop > 40));
    return () => abort.abort();
  }, [region]);
  return reasons.size > 0;
}

function toggle(set: ReadonlySet<string>, value: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(value)) next.add(value);
  return next;
}

function scrollParent(element: HTMLElement | null): HTMLElement | null {
  return element?.closest<HTMLElement>("main") ?? null;
}
