"use client";

import { useMutation, useQuery } from "convex/react";
import Link from "next/link";
import { useState } from "react";
import { toast } from "sonner";
import { Button } from "@/components/ui/button";
import { api } from "@/convex/_generated/api";
import type { BulkJob } from "@/convex/validators/bulkJobs";
import { useWorkspace } from "@/features/shell/workspace";
import { errorMessage } from "@/lib/errors";
import { formatCount, formatPlural } from "@/lib/format";
import { canRun } from "@/lib/roles";
import { useNow } from "@/lib/use-now";

const SHOWN_AFTER_MS = 10 * 60_000;

/** Bulk jobs at work, and those that ended a moment ago. They go on wherever one navigates. */
export function BulkProgress() {
  const { organizationId } = useWorkspace();
  const jobs = useQuery(api.bulkJobs.listRecent, { organizationId });
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const now = useNow();
  const shown = (jobs ?? []).filter(
    ({ _id, endedAt }) =>
      !closed.has(_id) && (endedAt === null || now - endedAt < SHOWN_AFTER_MS),
  );
  return shown.map((job) => (
    <JobRow
      key={job._id}
      job={job}
      onClose={() => setClosed((was) => new Set(was).add(job._id))}
    />
  ));
}

function JobRow({ job, onClose }: { job: BulkJob; onClose: () => void }) {
  const { role } = useWorkspace();
  const isRunning = job.state.kind === "running";
  return (
    <section
      aria-label={titleOf(job)}
      className="flex flex-wrap items-center gap-x-3 gap-y-1.5 border-b border-border bg-subtle px-4 py-2 sm:px-6"
    >
      <span role="status" className="min-w-0">
        {titleOf(job)} <span className="text-fg-muted">{factsOf(job)}</span>
      </span>
      {isRunning ? <Bar job={job} /> : <span className="flex-1" />}
      {isRunning && canRun(role) ? <StopButton job={job} /> : null}
      {isRunning ? null : (
        <Button size="sm" variant="ghost" onClick={onClose}>
          Dismiss
        </Button>
      )}
      <Failures job={job} />
    </section>
  );
}

const WORDS = {
  cancel: { doing: "Cancelling", done: "Cancelled" },
  replay: { doing: "Replaying", done: "Replayed" },
} as const;

function titleOf({ action, state, done, expected }: BulkJob): string {
  const { doing, done: did } = WORDS[action.kind];
  return state.kind === "running"
    ? `${doing} ${formatCount(done)} of ${formatCount(expected)}`
    : `${did} ${formatPlural(done, "run")}`;
}

function factsOf({ state, failed, skipped, startedBy }: BulkJob): string {
  const facts = [
    failed > 0 ? `${formatCount(failed)} failed` : null,
    skipped > 0 ? `${formatCount(skipped)} skipped` : null,
    state.kind === "stopped" ? state.reason : `started by ${startedBy}`,
  ];
  return facts.filter((fact) => fact !== null).join(" · ");
}

function Bar({ job }: { job: BulkJob }) {
  const handled = job.done + job.failed;
  return (
    <progress
      aria-label="Progress"
      className="h-1.5 min-w-24 flex-1 accent-primary"
      max={Math.max(job.expected, handled, 1)}
      value={handled}
    />
  );
}

function StopButton({ job }: { job: BulkJob }) {
  const stop = useMutation(api.bulkJobs.stop);
  const [isBusy, setBusy] = useState(false);
  const send = async () => {
    setBusy(true);
    try {
      await stop({ jobId: job._id });
    } catch (error) {
      toast.error(errorMessage(error, "Could not stop it. Try again."));
      setBusy(false);
    }
  };
  return (
    <Button size="sm" disabled={isBusy} onClick={() => void send()}>
      {isBusy ? "Stopping…" : "Stop"}
    </Button>
  );
}

function Failures({ job }: { job: BulkJob }) {
  const { slug } = useWorkspace();
  if (job.failures.length === 0) return null;
  const hidden = job.failed - job.failures.length;
  return (
    <details className="w-full">
      <summary className="cursor-pointer text-failed-text">
        {formatPlural(job.failed, "run")} failed
      </summary>
      <ul className="mt-1 max-h-40 overflow-y-auto">
        {job.failures.map(({ runId, number, message }) => (
          <li key={runId}>
            <Link className="link" href={`/${slug}/runs/${runId}`}>
              #{number}
            </Link>{" "}
            {message}
          </li>
        ))}
        {hidden > 0 ? <li>and {formatCount(hidden)} more</li> : null}
      </ul>
    </details>
  );
}
