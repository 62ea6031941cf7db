"use client";

import { Button } from "./ui/button";
import { EmptyState } from "./ui/empty-state";

export function ErrorPanel({
  error,
  reset,
}: {
  error: Error & { digest?: string };
  reset: () => void;
}) {
  const details = [error.message, error.digest].filter(Boolean).join("\n");
  return (
    <div role="alert">
      <EmptyState
        title="This page could not be shown"
        actions={
          <>
            <Button variant="primary" onClick={reset}>
              Retry
            </Button>
            <Button onClick={() => void navigator.clipboard.writeText(details)}>
              Copy details
            </Button>
          </>
        }
      >
        Something went wrong while loading it. Your saved work is not affected.
      </EmptyState>
    </div>
  );
}
