"use client";

import {
  defaultRangeExtractor,
  useVirtualizer,
  type Range,
} from "@tanstack/react-virtual";
import {
  useEffect,
  useMemo,
  useRef,
  type KeyboardEvent,
  type RefObject,
} from "react";
import { isForFailure } from "@/convex/language/graph";
import { canRun } from "@/lib/roles";
import { useRunScope } from "./run-context";
import { ROW_ID, StepTreeRow } from "./step-tree-row";
import { rangeKey } from "./step-tree";
import { TimeMarks, TimeRuler } from "./time-ruler";
import { moveInTree } from "./tree-keys";
import { useAxis } from "./use-axis";
import { useElementWidth } from "./use-element-width";
import { PHONE, useMedia } from "./use-media";
import { useNowVariable } from "./use-now-variable";
import type { TreeState } from "./use-tree";
import type { RowActions, VisibleRow } from "./visible-row";

const ROW_PX = 32;
const NARROW_ROW_PX = 48;
const OVERSCAN = 12;

/** The steps of the run and their time, one row each; one tab stop, arrows move. */
export function StepTreeGrid({ tree }: { tree: TreeState }) {
  const scope = useRunScope();
  const { rows } = tree;
  const container = useRef<HTMLDivElement>(null);
  const [measure, width] = useElementWidth();
  const axis = useAxis({
    run: scope.run,
    steps: tree.steps,
    width,
    collapseIdle: !scope.url.idle,
  });
  useNowVariable(container, axis, !tree.ended);
  const scroll = useRef<HTMLDivElement>(null);
  const list = useVirtualRows(scroll, rows, scope.selectedKey);
  const actions = useRowActions(tree);
  const onKeyDown = useTreeKeys(tree, list);
  return (
    <div
      ref={container}
      role="treegrid"
      aria-label="Steps"
      aria-rowcount={rows.length + 1}
      aria-colcount={3}
      className="flex min-h-0 flex-1 flex-col"
      onKeyDown={onKeyDown}
    >
      <TimeRuler
        axis={axis}
        measure={measure}
        onShowIdle={() => scope.setUrl({ idle: true })}
      />
      <div
        ref={scroll}
        role="rowgroup"
        className="relative min-h-0 flex-1 overflow-x-hidden overflow-y-auto"
      >
        <div
          role="presentation"
          className="relative min-h-full"
          style={{ height: list.virtual.getTotalSize() }}
        >
          <TimeMarks axis={axis} active={!tree.ended} />
          {list.virtual.getVirtualItems().map(({ index, start }) => {
            const row = rows[index];
            return row ? (
              <StepTreeRow
                key={row.key}
                row={row}
                index={index}
                top={start}
                selected={row.key === scope.selectedKey}
                tabStop={index === Math.max(list.selectedIndex, 0)}
                axis={axis}
                actions={actions}
              />
            ) : null;
          })}
        </div>
      </div>
    </div>
  );
}

/** The selected row stays mounted, so that focus is never lost by scrolling. */
function useVirtualRows(
  scroll: RefObject<HTMLDivElement | null>,
  rows: readonly VisibleRow[],
  selectedKey: string,
) {
  const { store } = useRunScope();
  const rowPx = useMedia(PHONE) ? NARROW_ROW_PX : ROW_PX;
  const selectedIndex = rows.findIndex((row) => row.key === selectedKey);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => rowPx,
    overscan: OVERSCAN,
    rangeExtractor: (range: Range) => withIndex(range, selectedIndex),
  });
  useEffect(() => virtual.measure(), [rowPx, virtual]);
  useScrollToSelection(virtual, selectedIndex, selectedKey);
  const items = virtual.getVirtualItems();
  useEffect(() => {
    for (const { index } of items) {
      const row = rows[index];
      if (row?.type === "more" && !row.loading) store.loadMore(row.parentKey);
    }
  }, [items, rows, store]);
  return { virtual, selectedIndex };
}

type VirtualRows = ReturnType<typeof useVirtualRows>;

function withIndex(range: Range, index: number): number[] {
  const indexes = defaultRangeExtractor(range);
  if (index < 0 || index >= range.count || indexes.includes(index))
    return indexes;
  return [...indexes, index].sort((a, b) => a - b);
}

function useScrollToSelection(
  virtual: VirtualRows["virtual"],
  index: number,
  key: string,
): void {
  const shown = useRef<string | null>(null);
  useEffect(() => {
    if (index < 0 || shown.current === key) return;
    shown.current = key;
    virtual.scrollToIndex(index, { align: "auto" });
  }, [virtual, index, key]);
}

function useRowActions(tree: TreeState): RowActions {
  const { select, setReplay, run, version } = useRunScope();
  const allowed = canRun(run.role);
  const { setExpanded } = tree.expansion;
  const iterations = useRef(tree.tree.rows);
  useEffect(() => {
    iterations.current = tree.tree.rows;
  });
  return useMemo(
    () => ({
      select,
      toggle: setExpanded,
      openIteration: (loopKey, index) => {
        const range = iterations.current.find(
          (row) =>
            row.type === "range" &&
            row.key === rangeKey(loopKey, row.first) &&
            row.first <= index &&
            index <= row.last,
        );
        if (range) setExpanded(range.key, true);
        setExpanded(`${loopKey}[${index}]`, true);
        select(`${loopKey}[${index}]`);
      },
      replayFrom: allowed ? (fromStep) => setReplay({ fromStep }) : null,
      isReplayable: (key) =>
        version === null || !isForFailure(version.graph, key),
    }),
    [select, setExpanded, setReplay, allowed, version],
  );
}

function useTreeKeys(tree: TreeState, list: VirtualRows) {
  const { select, selectedKey } = useRunScope();
  const focusSelected = useRef(false);
  useEffect(() => {
    if (!focusSelected.current || list.selectedIndex < 0) return;
    focusSelected.current = false;
    document.getElementById(`${ROW_ID}-${list.selectedIndex}`)?.focus();
  });
  return (event: KeyboardEvent) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    const move = moveInTree(tree.rows, selectedKey, event.key);
    if (move.kind === "none") return;
    event.preventDefault();
    if (move.kind === "toggle") {
      tree.expansion.setExpanded(move.key, move.expanded);
      return;
    }
    if (move.kind === "inspect") {
      select(selectedKey);
      document.getElementById("inspector")?.focus();
      return;
    }
    focusSelected.current = true;
    select(move.key);
  };
}
