"use client";

import { useConvexConnectionState } from "convex/react";
import { CloudOff } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { formatClock } from "@/lib/format";

const SHOW_LOST_AFTER_MS = 2_000;
const SHOW_BACK_FOR_MS = 2_000;
const UNREACHABLE_AFTER_MS = 5_000;

type Phase =
  { kind: "fine" } | { kind: "lost"; since: number } | { kind: "back" };

/** A short loss says nothing; a longer one is said, and so is its end. */
function usePhase(): Phase {
  const { isWebSocketConnected, hasEverConnected } = useConvexConnectionState();
  const [lostSince, setLostSince] = useState<number | null>(null);
  const connected = isWebSocketConnected || !hasEverConnected;
  useEffect(() => {
    const since = Date.now();
    const timer = connected
      ? setTimeout(() => setLostSince(null), SHOW_BACK_FOR_MS)
      : setTimeout(() => setLostSince(since), SHOW_LOST_AFTER_MS);
    return () => clearTimeout(timer);
  }, [connected]);
  if (lostSince === null) return { kind: "fine" };
  return connected ? { kind: "back" } : { kind: "lost", since: lostSince };
}

export function ConnectionBanner() {
  const phase = usePhase();
  return (
    <div role="status">
      {phase.kind === "lost" ? (
        <p className="flex items-center gap-2 bg-retrying-tint px-4 py-1.5 text-retrying-text">
          <CloudOff className="size-4" aria-hidden />
          Reconnecting… Data as of {formatClock(phase.since)}.
        </p>
      ) : null}
      {phase.kind === "back" ? (
        <p className="bg-succeeded-tint px-4 py-1.5 text-succeeded-text">
          Back online
        </p>
      ) : null}
    </div>
  );
}

/** Shows `children` (a skeleton) until it is clear that the server does not answer. */
export function ConnectionGate({ children }: { children: ReactNode }) {
  const { hasEverConnected } = useConvexConnectionState();
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), UNREACHABLE_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  if (hasEverConnected || !late) return children;
  return (
    <main className="grid min-h-dvh place-items-center p-6">
      <div className="flex flex-col items-center gap-3 text-center">
        <h1 className="text-xl font-semibold">Cannot reach the server</h1>
        <p className="text-base text-fg-muted">
          This page opens by itself as soon as the server answers.
        </p>
        <Button onClick={() => window.location.reload()}>Retry now</Button>
      </div>
    </main>
  );
}
