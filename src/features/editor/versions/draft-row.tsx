"use client";

import Link from "next/link";
import { Badge } from "@/components/ui/badge";
import { useWorkspace } from "@/features/shell/workspace";
import { formatDateTime } from "@/lib/format";
import { useWorkflow } from "../workflow-context";
import { ChooseBox } from "./choose-box";

export function DraftRow(props: { chosen: boolean; onChoose: () => void }) {
  const { workflow } = useWorkflow();
  const { slug } = useWorkspace();
  return (
    <li className="flex items-center gap-3 px-4 py-2.5 sm:px-6">
      <ChooseBox name="the draft" {...props} />
      <Link
        className="text-base font-medium hover:underline"
        href={`/${slug}/workflows/${workflow.slug}/code`}
      >
        Draft
      </Link>
      {workflow.hasDraftChanges ? (
        <Badge tone="retrying">Not published</Badge>
      ) : (
        <span className="text-xs text-fg-muted">
          Same as the current version
        </span>
      )}
      <span className="text-xs text-fg-muted">
        saved {formatDateTime(workflow.draftUpdatedAt)}
      </span>
    </li>
  );
}
