"use client";

import { usePaginatedQuery, useQuery } from "convex/react";
import { useEffect } from "react";
import { api } from "@/convex/_generated/api";
import { isTerminal } from "@/lib/run-status";
import { useRunScope } from "./run-context";
import { keyChain } from "@/lib/step-keys";

const PAGE = 200;

/** Keeps the steps outside loops in the store. */
export function RootLoader() {
  const { run, store } = useRunScope();
  const rows = useQuery(api.stepExecutions.listByRun, { runId: run._id });
  const ended = isTerminal(run.state);
  useEffect(() => {
    if (rows === undefined) return;
    const first = store.getSnapshot().root === null;
    store.setRoot(rows);
    if (first || ended) store.flush();
  }, [rows, store, ended]);
  return null;
}

/** Keeps the children of one expanded parent in the store, up to the page that holds the selection. */
export function ChildrenLoader({ parentKey }: { parentKey: string }) {
  const { run, store, selectedKey } = useRunScope();
  const { results, status, loadMore } = usePaginatedQuery(
    api.stepExecutions.listChildren,
    { runId: run._id, parentKey },
    { initialNumItems: PAGE },
  );
  useEffect(() => {
    const loading = status === "LoadingFirstPage" || status === "LoadingMore";
    store.setChildren(parentKey, {
      rows: results,
      status: loading
        ? "loading"
        : status === "Exhausted"
          ? "complete"
          : "more",
    });
    store.setLoader(parentKey, () => loadMore(PAGE));
  }, [results, status, loadMore, parentKey, store]);
  useEffect(() => () => store.dropChildren(parentKey), [parentKey, store]);
  const wanted = keyChain(selectedKey);
  const missing =
    wanted.includes(parentKey) &&
    wanted.at(-1) !== parentKey &&
    !results.some((row) => wanted.includes(row.key));
  useEffect(() => {
    if (missing && status === "CanLoadMore") loadMore(PAGE);
  }, [missing, status, loadMore]);
  return null;
}
