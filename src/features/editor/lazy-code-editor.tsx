"use client";

import { lazy, Suspense } from "react";
import { Skeleton } from "@/components/ui/skeleton";
import type { CodeEditorProps } from "./code-editor";
import { LoadFailure } from "./load-failure";

/** Monaco is large: it loads when an editor is shown, and a plain text field takes over when it cannot be loaded. */
const CodeEditor = lazy(() => import("./code-editor"));

export function LazyCodeEditor(props: CodeEditorProps) {
  return (
    <LoadFailure fallback={<PlainEditor {...props} />}>
      <Suspense fallback={<Skeleton className="size-full rounded-none" />}>
        <CodeEditor {...props} />
      </Suspense>
    </LoadFailure>
  );
}

function PlainEditor(props: CodeEditorProps) {
  return (
    <div className="flex size-full flex-col">
      <p className="bg-retrying-tint px-4 py-1.5 text-retrying-text">
        The code editor could not be loaded. You can edit here; completion and
        type checks are missing.
      </p>
      <textarea
        aria-label={props.label}
        className="min-h-0 flex-1 resize-none bg-canvas p-4 font-mono text-sm"
        spellCheck={false}
        readOnly={props.readOnly}
        value={props.value}
        onChange={(event) => props.onChange?.(event.target.value)}
      />
    </div>
  );
}
