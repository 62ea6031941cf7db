"use client";

import { useVirtualizer } from "@tanstack/react-virtual";
import { ChevronDown, ChevronRight, Copy, Route } from "lucide-react";
import {
  useEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
} from "react";
import { cn } from "../../lib/cn";
import { formatBytes, formatPlural } from "../../lib/format";
import {
  copyText,
  flattenJson,
  leafText,
  openAtFirst,
  type JsonKind,
  type JsonRow,
} from "./json-rows";

const ROW_PX = 20;
const MAX_HEIGHT_PX = 420;
const CUT_AT = 200;

const VALUE_CLASS = {
  string: "text-succeeded-text",
  number: "text-running-text",
  boolean: "text-waiting-text",
  null: "text-waiting-text",
  object: "text-fg-subtle",
  array: "text-fg-subtle",
  range: "text-fg-subtle",
} as const satisfies Record<JsonKind, string>;

/** A JSON value as a tree of text. `reveal` opens the containers of a search hit and marks it. */
export function JsonTree({
  value,
  label,
  reveal,
}: {
  value: unknown;
  label: string;
  reveal: { path: string; within: readonly string[] } | null;
}) {
  const tree = useJsonTree(value, reveal);
  const scroll = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: tree.rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  const [active, setActive] = useState(0);
  const [full, setFull] = useState<string | null>(null);
  const revealed = tree.rows.findIndex((row) => row.path === reveal?.path);
  useEffect(() => {
    if (revealed >= 0) virtual.scrollToIndex(revealed);
  }, [revealed, virtual]);
  const move = (index: number) => {
    const next = Math.min(Math.max(index, 0), tree.rows.length - 1);
    setActive(next);
    virtual.scrollToIndex(next);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const row = tree.rows[active];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) move(active + step);
    else if (event.key === "Home") move(0);
    else if (event.key === "End") move(tree.rows.length - 1);
    else if (event.key === "ArrowRight" && row && !row.expanded)
      tree.toggle(row, true);
    else if (event.key === "ArrowLeft" && row?.expanded)
      tree.toggle(row, false);
    else if (event.key === "Enter" && row) setFull(row.path);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const fullRow = tree.rows.find((row) => row.path === full);
  return (
    <>
      <div
        ref={scroll}
        role="tree"
        aria-label={label}
        tabIndex={0}
        aria-activedescendant={`${label}-${active}`}
        onKeyDown={onKeyDown}
        className="overflow-auto rounded-md border border-border bg-subtle py-1 font-mono text-xs"
        style={{ maxHeight: MAX_HEIGHT_PX }}
      >
        <div
          className="relative w-full"
          style={{ height: virtual.getTotalSize() }}
        >
          {virtual.getVirtualItems().map((item) => {
            const row = tree.rows[item.index];
            return row ? (
              <JsonTreeRow
                key={row.path}
                id={`${label}-${item.index}`}
                row={row}
                top={item.start}
                active={item.index === active}
                found={reveal?.path === row.path}
                onToggle={() => {
                  setActive(item.index);
                  tree.toggle(row, !row.expanded);
                }}
                onShowAll={() => setFull(row.path)}
              />
            ) : null;
          })}
        </div>
      </div>
      {fullRow && typeof fullRow.value === "string" ? (
        <FullText row={fullRow} onClose={() => setFull(null)} />
      ) : null}
    </>
  );
}

function useJsonTree(
  value: unknown,
  reveal: { within: readonly string[] } | null,
) {
  const initially = useMemo(() => openAtFirst(value), [value]);
  const [toggled, setToggled] = useState<ReadonlyMap<string, boolean>>(
    new Map(),
  );
  const rows = useMemo(
    () =>
      flattenJson(
        value,
        (path) =>
          toggled.get(path) ??
          (initially(path) || (reveal?.within.includes(path) ?? false)),
      ),
    [value, toggled, initially, reveal],
  );
  const toggle = (row: JsonRow, expanded: boolean) =>
    setToggled((was) => new Map(was).set(row.path, expanded));
  return { rows, toggle };
}

function JsonTreeRow(props: {
  id: string;
  row: JsonRow;
  top: number;
  active: boolean;
  found: boolean;
  onToggle: () => void;
  onShowAll: () => void;
}) {
  const { row } = props;
  return (
    <div
      id={props.id}
      role="treeitem"
      aria-level={row.depth + 1}
      aria-selected={props.active}
      {...(row.count > 0 ? { "aria-expanded": row.expanded } : {})}
      onClick={props.onToggle}
      className={cn(
        "group absolute inset-x-0 flex h-5 items-center gap-1 pr-2 whitespace-pre hover:bg-sunken",
        props.active && "bg-sunken",
        props.found && "bg-search-bg text-search-fg [&_span]:text-search-fg",
      )}
      style={{ top: props.top, paddingLeft: 6 + row.depth * 14 }}
    >
      <Twisty row={row} />
      {row.name === "" ? null : <span>{row.name}:</span>}
      <ValueText row={row} onShowAll={props.onShowAll} />
      <RowActions row={row} />
    </div>
  );
}

function Twisty({ row }: { row: JsonRow }) {
  if (row.count === 0) return <span className="w-3.5 shrink-0" />;
  const Icon = row.expanded ? ChevronDown : ChevronRight;
  return <Icon aria-hidden className="size-3.5 shrink-0 text-fg-subtle" />;
}

function ValueText({
  row,
  onShowAll,
}: {
  row: JsonRow;
  onShowAll: () => void;
}) {
  const { kind, value } = row;
  if (kind === "array" || kind === "range" || kind === "object")
    return <span className={VALUE_CLASS[kind]}>{containerText(row)}</span>;
  const text = leafText(value);
  const cut = text.length > CUT_AT;
  const shown = cut ? `${text.slice(0, CUT_AT)}…` : text;
  return (
    <>
      <span className={cn("truncate", VALUE_CLASS[kind])}>
        {kind === "string" ? JSON.stringify(shown) : shown}
      </span>
      {cut ? (
        <button
          type="button"
          tabIndex={-1}
          className="link shrink-0"
          onClick={(event) => {
            event.stopPropagation();
            onShowAll();
          }}
        >
          show all {formatBytes(text.length)}
        </button>
      ) : null}
    </>
  );
}

function containerText(row: JsonRow): string {
  if (row.kind === "range") return "";
  const [left, right] = row.kind === "array" ? "[]" : "{}";
  if (row.count === 0) return `${left}${right}`;
  const unit = row.kind === "array" ? "item" : "key";
  return `${left} ${formatPlural(row.count, unit)} ${right}`;
}

function RowActions({ row }: { row: JsonRow }) {
  const copy = (text: string) => void navigator.clipboard.writeText(text);
  return (
    <span className="ml-auto hidden shrink-0 gap-0.5 bg-sunken pl-1 group-hover:flex">
      <RowAction label="Copy value" onClick={() => copy(copyText(row.value))}>
        <Copy aria-hidden className="size-3.5" />
      </RowAction>
      <RowAction label="Copy path" onClick={() => copy(row.path)}>
        <Route aria-hidden className="size-3.5" />
      </RowAction>
    </span>
  );
}

function RowAction(props: {
  label: string;
  onClick: () => void;
  children: React.ReactNode;
}) {
  return (
    <button
      type="button"
      tabIndex={-1}
      title={props.label}
      aria-label={props.label}
      className="grid size-5 place-items-center rounded-sm text-fg-muted hover:bg-canvas hover:text-fg"
      onClick={(event) => {
        event.stopPropagation();
        props.onClick();
      }}
    >
      {props.children}
    </button>
  );
}

function FullText({ row, onClose }: { row: JsonRow; onClose: () => void }) {
  return (
    <div className="mt-2 rounded-md border border-border">
      <div className="flex items-center justify-between border-b border-border px-2 py-1 text-xs text-fg-muted">
        <span className="truncate font-mono">{row.path}</span>
        <button type="button" className="link" onClick={onClose}>
          Close
        </button>
      </div>
      <pre
        tabIndex={0}
        className="max-h-72 overflow-auto p-2 font-mono text-xs break-words whitespace-pre-wrap"
      >
        {leafText(row.value)}
      </pre>
    </div>
  );
}
