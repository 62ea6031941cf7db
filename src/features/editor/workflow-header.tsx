"use client";

import { FlaskConical, Play, Upload } from "lucide-react";
import Link from "next/link";
import { usePathname, useRouter } from "next/navigation";
import { Button } from "@/components/ui/button";
import { tabClasses } from "@/components/ui/tabs";
import { useWorkspace } from "@/features/shell/workspace";
import { WorkflowMenu } from "@/features/workflows/workflow-menu";
import { WorkflowStatusBadge } from "@/features/workflows/workflow-status";
import { canEdit, canRun } from "@/lib/roles";
import { DraftStatusText } from "./draft-status-text";
import { useWorkflow } from "./workflow-context";

export function WorkflowHeader() {
  const { workflow } = useWorkflow();
  const { slug } = useWorkspace();
  return (
    <header className="shrink-0 border-b border-border">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2 px-4 pt-2.5 sm:px-6">
        <nav
          aria-label="Breadcrumb"
          className="flex min-w-0 items-center gap-2 text-xl"
        >
          <Link
            href={`/${slug}/workflows`}
            className="text-fg-muted hover:text-fg max-sm:hidden"
          >
            Workflows
          </Link>
          <span aria-hidden className="text-fg-subtle max-sm:hidden">
            /
          </span>
          <h1 tabIndex={-1} className="truncate font-semibold">
            {workflow.name}
          </h1>
        </nav>
        <WorkflowStatusBadge status={workflow.status} />
        <span className="text-xs text-fg-muted">
          {workflow.publishedVersion
            ? `v${workflow.publishedVersion.number}`
            : "Not published"}
        </span>
        <div className="ml-auto flex items-center gap-2 max-sm:w-full">
          <DraftStatusText />
          <div className="ml-auto flex items-center gap-1.5">
            <HeaderActions />
          </div>
        </div>
      </div>
      <WorkflowTabs />
    </header>
  );
}

function HeaderActions() {
  const { workflow, openDialog } = useWorkflow();
  const { slug } = useWorkspace();
  const router = useRouter();
  const mayEdit = canEdit(workflow.role);
  const mayRun = canRun(workflow.role) && workflow.publishedVersion !== null;
  return (
    <>
      <Button disabled={!mayEdit} onClick={() => openDialog("test")}>
        <FlaskConical aria-hidden />
        Test…
      </Button>
      <Button
        disabled={!mayRun}
        title={
          workflow.publishedVersion ? undefined : "Publish it first to run it"
        }
        onClick={() => openDialog("run")}
      >
        <Play aria-hidden />
        Run…
      </Button>
      <Button
        variant="primary"
        disabled={!mayEdit}
        onClick={() => openDialog("publish")}
      >
        <Upload aria-hidden />
        Publish…
      </Button>
      <WorkflowMenu
        workflow={workflow}
        canEdit={mayEdit}
        onDeleted={() => router.replace(`/${slug}/workflows`)}
      />
    </>
  );
}

const TABS = [
  { path: "code", label: "Code" },
  { path: "trigger", label: "Triggers" },
  { path: "versions", label: "Versions" },
  { path: "settings", label: "Settings" },
] as const;

function WorkflowTabs() {
  const pathname = usePathname();
  const { workflow } = useWorkflow();
  const { slug } = useWorkspace();
  const base = `/${slug}/workflows/${workflow.slug}`;
  return (
    <nav
      aria-label="Workflow"
      className="-mb-px flex overflow-x-auto px-2 sm:px-4"
    >
      {TABS.map(({ path, label }) => (
        <Link
          key={path}
          href={`${base}/${path}`}
          aria-current={pathname.endsWith(`/${path}`) ? "page" : undefined}
          className={tabClasses}
        >
          {label}
        </Link>
      ))}
    </nav>
  );
}
