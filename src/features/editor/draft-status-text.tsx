"use client";

import { useConvexConnectionState } from "convex/react";
import { formatClock } from "@/lib/format";
import type { DraftStatus } from "./draft-session";
import { useDraftSnapshot } from "./use-draft";
import { useWorkflow } from "./workflow-context";

export function DraftStatusText() {
  const { session } = useWorkflow();
  const { status } = useDraftSnapshot(session);
  const { isWebSocketConnected } = useConvexConnectionState();
  return (
    <span
      role="status"
      className={
        status.kind === "failed"
          ? "text-xs text-failed-text"
          : "text-xs text-fg-muted"
      }
    >
      {statusText(status, isWebSocketConnected)}
    </span>
  );
}

function statusText(status: DraftStatus, isOnline: boolean): string {
  switch (status.kind) {
    case "saved":
      return `Draft saved ${formatClock(status.at).slice(0, 5)}`;
    case "unsaved":
    case "saving":
      return isOnline ? "Saving…" : "Offline, kept on this device";
    case "failed":
      return `${status.message} Kept on this device.`;
    default:
      return status satisfies never;
  }
}
