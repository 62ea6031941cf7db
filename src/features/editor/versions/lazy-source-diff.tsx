"use client";

import { lazy, Suspense } from "react";
import { Skeleton } from "@/components/ui/skeleton";
import { LoadFailure } from "../load-failure";
import type { SourceDiffProps } from "./source-diff";

const SourceDiff = lazy(() => import("./source-diff"));

export function LazySourceDiff(props: SourceDiffProps) {
  return (
    <LoadFailure fallback={<NotLoaded />}>
      <Suspense fallback={<Skeleton className="size-full rounded-none" />}>
        <SourceDiff {...props} />
      </Suspense>
    </LoadFailure>
  );
}

function NotLoaded() {
  return (
    <p role="alert" className="p-4 text-fg-muted">
      The code editor could not be loaded, so the code is not shown side by
      side. The list of changes is complete.
    </p>
  );
}
