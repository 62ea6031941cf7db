"use client";

import { useRef } from "react";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { useShortcut } from "@/features/shell/shortcuts-provider";
import { cn } from "@/lib/cn";
import { isFailure } from "./step-filter";
import { useRunScope } from "./run-context";
import type { StepFilter } from "./use-run-url";
import type { TreeState } from "./use-tree";

const FILTER_LABEL = {
  all: "All",
  failed: "Failed",
  active: "Active",
  unstarted: "Not started",
} as const satisfies Record<StepFilter, string>;

export function TreeToolbar({ tree }: { tree: TreeState }) {
  const { url, setUrl } = useRunScope();
  const input = useRef<HTMLInputElement>(null);
  useShortcut("filter-steps", () => input.current?.focus());
  useShortcut("toggle-idle", () => setUrl({ idle: !url.idle }));
  return (
    <div className="flex shrink-0 flex-wrap items-center gap-2 border-b border-border px-3 py-1.5">
      <Input
        ref={input}
        type="search"
        aria-label="Filter steps"
        placeholder="Filter steps…"
        className="h-7 w-40 max-sm:h-9 max-sm:w-full"
        value={url.q}
        onChange={(event) => setUrl({ q: event.target.value })}
      />
      <StatusFilter tree={tree} />
      <span className="flex-1" />
      <FollowToggle tree={tree} />
      <Button
        size="sm"
        aria-pressed={!url.idle}
        className={cn(!url.idle && "bg-sunken")}
        onClick={() => setUrl({ idle: !url.idle })}
      >
        Hide idle time
      </Button>
    </div>
  );
}

function StatusFilter({ tree }: { tree: TreeState }) {
  const { url, setUrl } = useRunScope();
  const failures = tree.tree.rows.filter(
    (row) => isFailure(row) && row.type === "step" && row.expanded !== true,
  ).length;
  return (
    <div role="group" aria-label="Steps to show" className="flex">
      {(["all", "failed", "active", "unstarted"] as const).map((filter) => (
        <button
          key={filter}
          type="button"
          aria-pressed={url.f === filter}
          onClick={() => setUrl({ f: filter })}
          className={cn(
            "-ml-px h-7 border border-border-strong px-2 text-xs font-medium text-fg-muted first:ml-0 first:rounded-l-md last:rounded-r-md hover:bg-sunken max-sm:h-9",
            url.f === filter && "bg-sunken text-fg",
          )}
        >
          {FILTER_LABEL[filter]}
          {filter === "failed" && failures > 0 ? ` ${failures}` : null}
        </button>
      ))}
    </div>
  );
}

/** Follows what is running: nothing is selected by hand. */
function FollowToggle({ tree }: { tree: TreeState }) {
  const { url, setUrl, selectedKey } = useRunScope();
  const following = url.step === null;
  const toggle = () => setUrl({ step: following ? selectedKey : null });
  useShortcut("follow", toggle);
  if (tree.ended) return null;
  return (
    <Button
      size="sm"
      aria-pressed={following}
      className={cn(following && "bg-sunken")}
      onClick={toggle}
    >
      {following ? "Following" : "Jump to live"}
    </Button>
  );
}
