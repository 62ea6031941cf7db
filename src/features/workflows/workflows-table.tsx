"use client";

import { Play } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { StatusChip } from "@/components/display/status-chip";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import type { WorkflowSummary } from "@/convex/validators/workflows";
import { RunDialog } from "@/features/editor/run-dialog";
import { useWorkspace } from "@/features/shell/workspace";
import { formatRelative } from "@/lib/format";
import { canEdit, canRun } from "@/lib/roles";
import { useNow } from "@/lib/use-now";
import { TriggerSummary } from "./trigger-summary";
import { WorkflowMenu } from "./workflow-menu";
import { WorkflowStatusBadge } from "./workflow-status";

const cell = "px-4 py-2 align-top sm:px-6 max-sm:block max-sm:py-0.5";

export function WorkflowsTable({
  workflows,
}: {
  workflows: WorkflowSummary[];
}) {
  return (
    <table className="w-full text-left max-sm:block">
      <thead className="border-b border-border bg-subtle text-xs text-fg-muted max-sm:sr-only">
        <tr>
          {["Name", "Status", "Starts", "Last run"].map((title) => (
            <th
              key={title}
              scope="col"
              className="px-4 py-2 font-semibold sm:px-6"
            >
              {title}
            </th>
          ))}
          <th scope="col" className="px-4 py-2 sm:px-6">
            <span className="sr-only">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody className="divide-y divide-border max-sm:block">
        {workflows.map((workflow) => (
          <WorkflowRow key={workflow._id} workflow={workflow} />
        ))}
      </tbody>
    </table>
  );
}

function WorkflowRow({ workflow }: { workflow: WorkflowSummary }) {
  return (
    <tr className="hover:bg-subtle max-sm:relative max-sm:block max-sm:py-3">
      <th scope="row" className={`${cell} font-normal max-sm:pr-24`}>
        <WorkflowName workflow={workflow} />
      </th>
      <td className={cell}>
        <WorkflowStatusBadge status={workflow.status} />
      </td>
      <td className={cell}>
        <TriggerSummary triggers={workflow.triggers} />
      </td>
      <td className={cell}>
        <LastRun workflow={workflow} />
      </td>
      <td className={`${cell} max-sm:absolute max-sm:top-2 max-sm:right-0`}>
        <RowActions workflow={workflow} />
      </td>
    </tr>
  );
}

function WorkflowName({ workflow }: { workflow: WorkflowSummary }) {
  const { slug } = useWorkspace();
  const { publishedVersion } = workflow;
  return (
    <>
      <Link
        href={`/${slug}/workflows/${workflow.slug}/code`}
        className="text-base font-medium hover:underline"
      >
        {workflow.name}
      </Link>
      <div className="flex flex-wrap items-center gap-2 text-xs text-fg-muted">
        {publishedVersion ? `v${publishedVersion.number}` : "Not published"}
        {publishedVersion && workflow.hasDraftChanges ? (
          <Badge>Draft changes</Badge>
        ) : null}
      </div>
    </>
  );
}

function LastRun({ workflow: { lastRun } }: { workflow: WorkflowSummary }) {
  const { slug } = useWorkspace();
  const now = useNow();
  if (!lastRun) return <span className="text-fg-muted">Never ran</span>;
  return (
    <Link
      href={`/${slug}/runs/${lastRun._id}`}
      className="inline-flex flex-wrap items-center gap-2 hover:underline"
    >
      <StatusChip state={lastRun.state} />
      <span className="text-xs text-fg-muted">
        #{lastRun.number} · {formatRelative(lastRun.createdAt, now)}
      </span>
    </Link>
  );
}

function RowActions({ workflow }: { workflow: WorkflowSummary }) {
  const { role } = useWorkspace();
  const [isRunOpen, setRunOpen] = useState(false);
  const mayRun = canRun(role) && workflow.publishedVersion !== null;
  return (
    <div className="flex justify-end gap-1">
      <Button
        variant="ghost"
        size="icon"
        disabled={!mayRun}
        aria-label={`Run ${workflow.name}…`}
        title={mayRun ? "Run…" : "Publish it first to run it"}
        onClick={() => setRunOpen(true)}
      >
        <Play aria-hidden />
      </Button>
      <WorkflowMenu workflow={workflow} canEdit={canEdit(role)} />
      {isRunOpen ? (
        <RunDialog
          workflowId={workflow._id}
          onClose={() => setRunOpen(false)}
        />
      ) : null}
    </div>
  );
}
