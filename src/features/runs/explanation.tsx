"use client";

import { useQuery } from "convex/react";
import Link from "next/link";
import { api } from "@/convex/_generated/api";
import type { RunSummary } from "@/convex/validators/runs";
import { formatDateTime } from "@/lib/format";

/** Why the run is where it is, live. */
export function Explanation(props: {
  runId: RunSummary["_id"];
  workspaceSlug: string;
}) {
  const parts = useQuery(api.workflowRuns.explain, { runId: props.runId });
  return (parts ?? []).map((part, index) => {
    switch (part.kind) {
      case "text":
        return <span key={index}>{part.text}</span>;
      case "time":
        return (
          <time key={index} dateTime={new Date(part.at).toISOString()}>
            {formatDateTime(part.at)}
          </time>
        );
      case "run":
        return (
          <Link
            key={index}
            href={`/${props.workspaceSlug}/runs/${part.runId}`}
            className="link"
          >
            #{part.number}
          </Link>
        );
    }
  });
}
