"use client";

import { ArrowLeft } from "lucide-react";
import Link from "next/link";
import { parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { useRef, useState } from "react";
import { toast } from "sonner";
import { PageHeader } from "@/components/page-header";
import { PageSkeleton } from "@/components/page-skeleton";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";
import { Tabs, TabsList, TabsTrigger } from "@/components/ui/tabs";
import type { Id } from "@/convex/_generated/dataModel";
import { describeKey } from "@/lib/step-keys";
import { useShortcut } from "@/features/shell/shortcuts-provider";
import { cn } from "@/lib/cn";
import { ApprovalList, focusRow } from "./approval-list";
import { ApprovalPanel } from "./approval-panel";
import {
  APPROVAL_VIEWS,
  type ApprovalSummary,
  type ApprovalView,
  useApprovals,
} from "./use-approvals";

const VIEW_LABEL = {
  mine: "For me",
  open: "All open",
  over: "Done",
} as const satisfies Record<ApprovalView, string>;

const PARAMS = {
  view: parseAsStringLiteral(APPROVAL_VIEWS).withDefault("mine"),
  approval: parseAsString,
};

type ApprovalsPageProps = {
  organizationId: Id<"organizations">;
  workspaceSlug: string;
};

/** What runs ask people: the list, and beside it the question that is chosen. */
export function ApprovalsPage(props: ApprovalsPageProps) {
  const [{ view }, setUrl] = useQueryStates(PARAMS);
  return (
    <div className="flex h-full flex-col">
      <PageHeader title="Approvals" />
      <Tabs
        value={view}
        onValueChange={(value) => {
          const chosen = APPROVAL_VIEWS.find((one) => one === value);
          void setUrl({ view: chosen ?? null, approval: null });
        }}
      >
        <TabsList aria-label="Which approvals" className="px-2 sm:px-4">
          {APPROVAL_VIEWS.map((one) => (
            <TabsTrigger key={one} value={one}>
              {VIEW_LABEL[one]}
            </TabsTrigger>
          ))}
        </TabsList>
      </Tabs>
      <Approvals key={view} {...props} view={view} />
    </div>
  );
}

function Approvals(props: ApprovalsPageProps & { view: ApprovalView }) {
  const region = useRef<HTMLDivElement>(null);
  const { approvals, isLoading, loadMore } = useApprovals(
    props.organizationId,
    props.view,
  );
  const { chosen, choose } = useChoice(approvals);
  useShortcut("decide-approval", () =>
    region.current
      ?.querySelector<HTMLElement>("form :is(input, textarea)")
      ?.focus(),
  );
  if (isLoading) return <PageSkeleton label="Loading approvals" />;
  if (approvals.length === 0 && chosen === null)
    return <NoApprovals view={props.view} canLoad={loadMore} />;
  const decided = (approved: boolean) => {
    if (chosen === null) return;
    sayDecided(chosen, approved, props.workspaceSlug);
    const next = nextAfter(approvals, chosen);
    choose(next);
    if (next !== null) focusRow(region.current, next._id);
  };
  return (
    <div
      ref={region}
      className="grid min-h-0 flex-1 lg:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]"
    >
      <div className={cn("overflow-y-auto", chosen && "max-lg:hidden")}>
        <ApprovalList
          approvals={approvals}
          selected={chosen?._id ?? null}
          onSelect={choose}
        />
        {loadMore === null ? null : (
          <Button size="sm" className="m-4" onClick={loadMore}>
            Load more
          </Button>
        )}
      </div>
      <Detail
        key={chosen?._id}
        chosen={chosen}
        workspaceSlug={props.workspaceSlug}
        onBack={() => choose(null)}
        onDecided={decided}
      />
    </div>
  );
}

/** What is chosen stays in view when it leaves the list, because somebody has decided it. */
function useChoice(approvals: readonly ApprovalSummary[]) {
  const [{ approval: id }, setUrl] = useQueryStates(PARAMS);
  const [last, setLast] = useState<ApprovalSummary | null>(null);
  const listed = approvals.find(({ _id }) => _id === id);
  if (listed !== undefined && listed !== last) setLast(listed);
  const chosen = listed ?? (last?._id === id ? last : null);
  const choose = (approval: ApprovalSummary | null) =>
    void setUrl({ approval: approval?._id ?? null });
  return { chosen, choose };
}

function nextAfter(
  approvals: readonly ApprovalSummary[],
  chosen: ApprovalSummary,
): ApprovalSummary | null {
  const at = approvals.findIndex(({ _id }) => _id === chosen._id);
  const others = approvals.filter(({ _id }) => _id !== chosen._id);
  return others[Math.max(at, 0)] ?? others.at(-1) ?? null;
}

function sayDecided(
  { title, runId, runNumber }: ApprovalSummary,
  approved: boolean,
  workspaceSlug: string,
): void {
  toast.success(`${approved ? "Approved" : "Rejected"}: ${title}`, {
    action: (
      <Link className="link ml-auto" href={`/${workspaceSlug}/runs/${runId}`}>
        Run #{runNumber}
      </Link>
    ),
  });
}

function Detail(props: {
  chosen: ApprovalSummary | null;
  workspaceSlug: string;
  onBack: () => void;
  onDecided: (approved: boolean) => void;
}) {
  const { chosen } = props;
  if (chosen === null)
    return (
      <div className="border-border p-6 text-fg-muted max-lg:hidden lg:border-l">
        Choose an approval to see what is asked.
      </div>
    );
  const { runId, runNumber, workflowName, stepKey } = chosen;
  const step = encodeURIComponent(stepKey);
  return (
    <div className="flex flex-col gap-3 overflow-y-auto border-border p-4 sm:p-6 lg:border-l">
      <Button
        variant="ghost"
        size="sm"
        className="self-start lg:hidden"
        onClick={props.onBack}
      >
        <ArrowLeft aria-hidden />
        All approvals
      </Button>
      <p className="text-fg-muted">
        Asked by{" "}
        <Link
          className="link"
          href={`/${props.workspaceSlug}/runs/${runId}?step=${step}`}
        >
          {workflowName} #{runNumber}
        </Link>
        , step {describeKey(stepKey)}
      </p>
      <ApprovalPanel
        runId={runId}
        stepKey={stepKey}
        onDecided={props.onDecided}
      />
    </div>
  );
}

const EMPTY = {
  mine: "Nothing waits for you",
  open: "Nothing waits for a decision",
  over: "Nothing was decided yet",
} as const satisfies Record<ApprovalView, string>;

function NoApprovals(props: {
  view: ApprovalView;
  canLoad: (() => void) | null;
}) {
  return (
    <EmptyState
      title={EMPTY[props.view]}
      actions={
        props.canLoad === null ? null : (
          <Button onClick={props.canLoad}>Look further</Button>
        )
      }
    >
      An approval step of a workflow asks people to decide before its run goes
      on. What it asks appears here as it happens.
    </EmptyState>
  );
}
