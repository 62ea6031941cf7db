"use client";

import Link from "next/link";
import { StatusChip } from "@/components/display/status-chip";
import { Badge } from "@/components/ui/badge";
import { useWorkspace } from "@/features/shell/workspace";
import { formatDateTime, formatPlural } from "@/lib/format";
import { useWorkflow } from "../workflow-context";
import { ChooseBox } from "./choose-box";
import type { Side } from "./compared";
import type { Activity, Version } from "./version";
import { VersionMenu } from "./version-menu";

export function VersionRow(props: {
  version: Version;
  /** The number of the version before it; null when there is none, or it is not loaded. */
  previous: number | null;
  activity: Activity | null;
  chosen: boolean;
  onChoose: () => void;
  onCompare: (one: Side, other: Side) => void;
}) {
  const { version, activity } = props;
  const { workflow } = useWorkflow();
  const { slug } = useWorkspace();
  const isCurrent = workflow.publishedVersion?._id === version._id;
  return (
    <li className="flex items-start gap-3 px-4 py-2.5 hover:bg-subtle sm:px-6">
      <span className="flex h-6 items-center">
        <ChooseBox
          name={`version ${version.number}`}
          chosen={props.chosen}
          onChoose={props.onChoose}
        />
      </span>
      <div className="flex min-w-0 flex-1 flex-wrap items-center gap-x-3 gap-y-1">
        <Link
          className="text-base font-medium hover:underline"
          href={`/${slug}/workflows/${workflow.slug}/code?v=${version.number}`}
        >
          Version {version.number}
        </Link>
        {isCurrent ? <Badge tone="succeeded">Current</Badge> : null}
        <span className="text-xs text-fg-muted">
          {version.authorName} ·{" "}
          <time dateTime={new Date(version.createdAt).toISOString()}>
            {formatDateTime(version.createdAt)}
          </time>
        </span>
        <Runs activity={activity} versionId={version._id} />
        {version.note ? (
          <p className="w-full break-words text-fg-muted">{version.note}</p>
        ) : null}
        <RolledBack rolledBack={version.rolledBack} />
      </div>
      <VersionMenu
        version={version}
        previous={props.previous}
        isCurrent={isCurrent}
        activity={activity}
        onCompare={props.onCompare}
      />
    </li>
  );
}

function Runs(props: { activity: Activity | null; versionId: Version["_id"] }) {
  const { slug } = useWorkspace();
  const { activity, versionId } = props;
  const found = activity?.versions.find((one) => one.versionId === versionId);
  if (activity === null || found === undefined) return null;
  return (
    <span
      className="flex items-center gap-2 text-xs text-fg-muted"
      title={`Of the last ${formatPlural(activity.looked, "run")} of this workflow`}
    >
      {formatPlural(found.runs, "recent run")}
      {found.failed > 0 ? `, ${found.failed} failed` : null}
      {found.active > 0 ? `, ${found.active} under way` : null}
      {found.lastRun === null ? null : (
        <Link
          href={`/${slug}/runs/${found.lastRun._id}`}
          aria-label="Its last run"
        >
          <StatusChip state={found.lastRun.state} />
        </Link>
      )}
    </span>
  );
}

function RolledBack({ rolledBack }: Pick<Version, "rolledBack">) {
  if (rolledBack === null) return null;
  const { by, at, fromNumber, note } = rolledBack;
  return (
    <p className="w-full text-xs text-fg-muted">
      Rolled back to from v{fromNumber} by {by}, {formatDateTime(at)}
      {note ? `: ${note}` : null}
    </p>
  );
}
