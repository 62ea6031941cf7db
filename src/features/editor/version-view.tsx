"use client";

import { useQuery } from "convex/react";
import Link from "next/link";
import { useMemo } from "react";
import { NotFound } from "@/components/not-found";
import { Skeleton } from "@/components/ui/skeleton";
import { api } from "@/convex/_generated/api";
import type { Id } from "@/convex/_generated/dataModel";
import { useWorkspace } from "@/features/shell/workspace";
import { LazyCodeEditor } from "./lazy-code-editor";
import { useVersionId } from "./use-version-id";
import { useWorkflow, type WorkflowDetails } from "./workflow-context";

/** One published version, read-only. */
export function VersionView(props: {
  workflow: WorkflowDetails;
  number: number;
  line: number | null;
}) {
  const versionId = useVersionId(props.workflow, props.number);
  return (
    <>
      {versionId === null ? null : (
        <VersionBanner workflow={props.workflow} number={props.number} />
      )}
      <VersionCode
        versionId={versionId}
        label={`Code of version ${props.number}, read-only`}
        line={props.line}
      />
    </>
  );
}

/** A draft as a test run saw it, read-only. */
export function SnapshotView(props: { id: string; line: number | null }) {
  const { workflow } = useWorkflow();
  const { slug } = useWorkspace();
  return (
    <>
      <p className="bg-running-tint px-4 py-1.5 text-running-text sm:px-6">
        You are viewing the draft as a test run saw it, read-only.{" "}
        <Link
          className="underline"
          href={`/${slug}/workflows/${workflow.slug}/code`}
        >
          Go to the draft
        </Link>
      </p>
      <VersionCode
        // Parse boundary: the backend validates it.
        versionId={props.id as Id<"workflowVersions">}
        label="Code of a draft that was tested, read-only"
        line={props.line}
      />
    </>
  );
}

function VersionCode(props: {
  /** null: there is no such version. */
  versionId: Id<"workflowVersions"> | null | undefined;
  label: string;
  line: number | null;
}) {
  const { versionId, label, line } = props;
  const version = useQuery(
    api.workflowVersions.get,
    versionId ? { versionId } : "skip",
  );
  const reveal = useMemo(
    () => (line === null ? null : { line, column: 1 }),
    [line],
  );
  if (versionId === null || version === null) return <NotFound />;
  return (
    <div className="min-h-0 flex-1">
      {version === undefined ? (
        <Skeleton className="size-full rounded-none" />
      ) : (
        <LazyCodeEditor
          path={`file:///versions/${version._id}.ts`}
          label={label}
          value={version.source}
          readOnly
          reveal={reveal}
          highlightLine={line}
        />
      )}
    </div>
  );
}

function VersionBanner({
  workflow,
  number,
}: {
  workflow: WorkflowDetails;
  number: number;
}) {
  const { slug } = useWorkspace();
  const current = workflow.publishedVersion?.number;
  return (
    <p className="bg-running-tint px-4 py-1.5 text-running-text sm:px-6">
      You are viewing version {number}, read-only.
      {current === number
        ? " It is the current one. "
        : ` Current is ${current ?? "none"}. `}
      <Link
        className="underline"
        href={`/${slug}/workflows/${workflow.slug}/code`}
      >
        Go to the draft
      </Link>
    </p>
  );
}
