"use client";

import { Download } from "lucide-react";
import { useRef } from "react";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { useShortcut } from "@/features/shell/shortcuts-provider";
import { cn } from "@/lib/cn";
import {
  EVENT_GROUP_NAMES,
  EVENT_GROUPS,
  type EventFilter,
  type RunEventRow,
} from "./event-line";

export function EventsToolbar(props: {
  filter: EventFilter;
  onFilter: (filter: EventFilter) => void;
  events: readonly RunEventRow[];
  fileName: string;
}) {
  const { filter, onFilter } = props;
  const input = useRef<HTMLInputElement>(null);
  useShortcut("filter-steps", () => input.current?.focus());
  return (
    <div className="flex shrink-0 flex-wrap items-center gap-2 border-b border-border px-3 py-1.5">
      <Input
        ref={input}
        type="search"
        aria-label="Filter events"
        placeholder="Filter events…"
        className="h-7 w-40 max-sm:h-9 max-sm:w-full"
        value={filter.text}
        onChange={(event) => onFilter({ ...filter, text: event.target.value })}
      />
      <div role="group" aria-label="Events to show" className="flex">
        {([null, ...EVENT_GROUP_NAMES] as const).map((group) => (
          <button
            key={group ?? "all"}
            type="button"
            aria-pressed={filter.group === group}
            onClick={() => onFilter({ ...filter, group })}
            className={cn(
              "-ml-px h-7 border border-border-strong px-2 text-xs font-medium text-fg-muted first:ml-0 first:rounded-l-md last:rounded-r-md hover:bg-sunken max-sm:h-9",
              filter.group === group && "bg-sunken text-fg",
            )}
          >
            {group === null ? "All" : EVENT_GROUPS[group]}
          </button>
        ))}
      </div>
      <span className="flex-1" />
      <Button
        size="sm"
        onClick={() => download(props.events, props.fileName)}
        title="The events that are loaded, as JSON"
      >
        <Download aria-hidden />
        Export
      </Button>
    </div>
  );
}

function download(events: readonly RunEventRow[], fileName: string): void {
  const shown = events.map(({ data, ...event }) => ({
    ...event,
    // Parse boundary: the server wrote it.
    data: JSON.parse(data) as unknown,
  }));
  const blob = new Blob([JSON.stringify(shown, null, 2)], {
    type: "application/json",
  });
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1_000);
}
