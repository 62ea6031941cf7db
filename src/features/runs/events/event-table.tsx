"use client";

import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { cn } from "@/lib/cn";
import { formatClock, formatDuration } from "@/lib/format";
import { useRunScope } from "../run-context";
import { eventDetails, moveInList, type RunEventRow } from "./event-line";

const ROW_PX = 24;
const OVERSCAN = 12;
const ROW_ID = "run-event";

const TYPE_CLASS: Record<string, string> = {
  completed: "text-succeeded-text",
  failed: "text-failed-text",
  interrupted: "text-failed-text",
  retrying: "text-retrying-text",
  waiting: "text-waiting-text",
};

/** One tab stop; arrows move, and what is selected is shown in the inspector. */
export function EventTable(props: {
  events: readonly RunEventRow[];
  onNearEnd: () => void;
}) {
  const { events } = props;
  const { run, select } = useRunScope();
  const scroll = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(0);
  const current = Math.min(at, events.length - 1);
  const virtual = useVirtualizer({
    count: events.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
  });
  const items = virtual.getVirtualItems();
  const isNearEnd = (items.at(-1)?.index ?? -1) >= events.length - 1;
  const { onNearEnd } = props;
  useEffect(() => {
    if (isNearEnd) onNearEnd();
  }, [isNearEnd, onNearEnd]);
  const go = (index: number) => {
    setAt(index);
    virtual.scrollToIndex(index, { align: "auto" });
    const key = events[index]?.stepKey ?? null;
    if (key !== null) select(key);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    if (event.key === "Enter") document.getElementById("inspector")?.focus();
    const next = moveInList(event.key, current, events.length);
    if (next === null || events.length === 0) return;
    event.preventDefault();
    go(next);
  };
  if (events.length === 0)
    return <p className="flex-1 p-4 text-fg-muted">No event matches.</p>;
  return (
    <div
      ref={scroll}
      role="listbox"
      aria-label="Events"
      tabIndex={0}
      aria-activedescendant={`${ROW_ID}-${current}`}
      onKeyDown={onKeyDown}
      className="relative min-h-0 flex-1 overflow-auto font-mono text-xs"
    >
      <div
        role="presentation"
        className="relative"
        style={{ height: virtual.getTotalSize() }}
      >
        {items.map(({ index, start }) => {
          const event = events[index];
          return event ? (
            <EventRow
              key={event.index}
              event={event}
              position={{ index, top: start, count: events.length }}
              since={run.createdAt}
              selected={index === current}
              onSelect={() => go(index)}
            />
          ) : null;
        })}
      </div>
    </div>
  );
}

function EventRow(props: {
  event: RunEventRow;
  position: { index: number; top: number; count: number };
  since: number;
  selected: boolean;
  onSelect: () => void;
}) {
  const { event, position } = props;
  const details = eventDetails(event);
  return (
    <div
      id={`${ROW_ID}-${position.index}`}
      role="option"
      aria-selected={props.selected}
      aria-posinset={position.index + 1}
      aria-setsize={position.count}
      onClick={props.onSelect}
      className={cn(
        "absolute inset-x-0 flex h-6 cursor-default items-center gap-3 px-3 whitespace-nowrap",
        props.selected ? "bg-sunken" : "hover:bg-subtle",
      )}
      style={{ top: position.top }}
    >
      <span className="w-10 shrink-0 text-right text-fg-subtle tabular-nums">
        {event.index}
      </span>
      <time
        dateTime={new Date(event.at).toISOString()}
        title={formatClock(event.at)}
        className="w-16 shrink-0 text-right text-fg-subtle tabular-nums"
      >
        +{formatDuration(event.at - props.since)}
      </time>
      <span
        className={cn(
          "w-36 shrink-0 truncate",
          TYPE_CLASS[event.type.slice(event.type.indexOf(".") + 1)],
        )}
      >
        {event.type}
      </span>
      <span className="w-40 shrink-0 truncate">{event.stepKey ?? ""}</span>
      <span className="min-w-0 truncate text-fg-muted" title={details}>
        {details}
      </span>
    </div>
  );
}
