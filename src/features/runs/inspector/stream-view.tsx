"use client";

import { usePaginatedQuery } from "convex/react";
import { useEffect, useRef } from "react";
import { Button } from "@/components/ui/button";
import { api } from "@/convex/_generated/api";
import type { Id } from "@/convex/_generated/dataModel";

const PAGE = 50;
/** This near to its end the text is followed as it grows. */
const FOLLOW_PX = 40;

/** What an action streams, as it comes. Text only: it is not to be trusted. */
export function StreamView(props: {
  runId: Id<"workflowRuns">;
  stepKey: string;
  attempt: number;
}) {
  const { results, status, loadMore } = usePaginatedQuery(
    api.stepOutput.listStream,
    props,
    { initialNumItems: PAGE },
  );
  const text = results.map((part) => part.text).join("");
  const box = useRef<HTMLPreElement>(null);
  const isAtEnd = useRef(true);
  useEffect(() => {
    if (isAtEnd.current) box.current?.scrollTo({ top: 1e9 });
  }, [text]);
  if (text === "") return null;
  return (
    <section aria-label="Streamed text" className="flex flex-col gap-1">
      <pre
        ref={box}
        tabIndex={0}
        aria-live="off"
        onScroll={({
          currentTarget: { scrollTop, scrollHeight, clientHeight },
        }) => {
          isAtEnd.current = scrollHeight - scrollTop - clientHeight < FOLLOW_PX;
        }}
        className="max-h-[40vh] overflow-auto rounded-md border border-border bg-subtle p-2 font-mono text-xs break-words whitespace-pre-wrap"
      >
        {text}
      </pre>
      {results.at(-1)?.isCut === true ? (
        <p className="text-xs text-retrying-text">
          Cut here: an attempt streams at most 1 MiB.
        </p>
      ) : null}
      {status === "CanLoadMore" ? (
        <Button size="sm" onClick={() => loadMore(PAGE)}>
          Load more text
        </Button>
      ) : null}
    </section>
  );
}
