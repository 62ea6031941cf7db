"use client";

import { useMutation } from "convex/react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import {
  Dialog,
  DialogClose,
  DialogContent,
  DialogDescription,
  DialogFooter,
  DialogHeader,
  DialogTitle,
} from "@/components/ui/dialog";
import { api } from "@/convex/_generated/api";
import type { BulkAction } from "@/convex/validators/bulkJobs";
import type { ReplayVersion } from "@/convex/validators/replays";
import type { RunFilter } from "@/convex/validators/runs";
import { useWorkspace } from "@/features/shell/workspace";
import { errorMessage } from "@/lib/errors";
import { formatCount, formatPlural } from "@/lib/format";
import { Choice } from "../replay/choice";
import type { BulkTarget } from "./bulk-target";
import { NarrowFilter } from "./narrow-filter";
import { useBulkCount, type BulkCount } from "./use-bulk-count";

type BulkDialogProps = {
  kind: BulkAction["kind"];
  target: BulkTarget;
  onClose: () => void;
  onStarted: () => void;
};

const WORDS = {
  cancel: {
    title: "Cancel many runs",
    about: "What is running stops. Steps that have completed are not undone.",
    skipped: "already ended and will be skipped",
    verb: "Cancel",
    keep: "Keep running",
  },
  replay: {
    title: "Replay many runs",
    about:
      "Each becomes a new run with the same input. Every step runs again, including requests to other services.",
    skipped: "not ended yet and will be skipped",
    verb: "Replay",
    keep: "Close",
  },
} as const;

/** Says in numbers what will happen before it does. */
export function BulkDialog(props: BulkDialogProps) {
  const { kind } = props;
  const [narrowed, setNarrowed] = useState<RunFilter>({});
  const [version, setVersion] = useState<ReplayVersion>("original");
  const target = narrow(props.target, narrowed);
  const count = useBulkCount(kind, target);
  const action =
    kind === "cancel" ? ({ kind } as const) : ({ kind, version } as const);
  const { start, isBusy, failure } = useStart(props, { action, target });
  const words = WORDS[kind];
  return (
    <Dialog open onOpenChange={props.onClose}>
      <DialogContent>
        <DialogHeader>
          <DialogTitle>{words.title}</DialogTitle>
          <DialogDescription>{words.about}</DialogDescription>
        </DialogHeader>
        {target.kind === "filter" ? (
          <NarrowFilter value={narrowed} onChange={setNarrowed} kind={kind} />
        ) : null}
        {kind === "replay" ? (
          <Versions version={version} onChoose={setVersion} />
        ) : null}
        <Numbers count={count} skipped={words.skipped} />
        <p role="alert" className="text-failed-text empty:hidden">
          {failure}
        </p>
        <DialogFooter>
          <DialogClose asChild>
            <Button>{words.keep}</Button>
          </DialogClose>
          <Button
            variant={kind === "cancel" ? "danger" : "primary"}
            disabled={isBusy || count === null || count.eligible === 0}
            onClick={() => start(count?.eligible ?? 0)}
          >
            {isBusy ? "Starting…" : `${words.verb} ${runsText(count)}`}
          </Button>
        </DialogFooter>
      </DialogContent>
    </Dialog>
  );
}

function narrow(target: BulkTarget, by: RunFilter): BulkTarget {
  return target.kind === "runs"
    ? target
    : { kind: "filter", filter: { ...target.filter, ...by } };
}

function runsText(count: BulkCount | null): string {
  if (count === null) return "runs";
  const more = count.hasMore ? "at least " : "";
  return more + formatPlural(count.eligible, "run");
}

function Numbers(props: { count: BulkCount | null; skipped: string }) {
  const { count } = props;
  if (count === null) return <p className="text-fg-muted">Counting…</p>;
  return (
    <p role="status">
      <strong className="font-semibold">{runsText(count)}.</strong>{" "}
      {count.waitingForApproval > 0
        ? `${formatCount(count.waitingForApproval)} of them ${count.waitingForApproval === 1 ? "waits" : "wait"} for approval, which will be withdrawn. `
        : null}
      {count.notEligible > 0
        ? `${formatPlural(count.notEligible, "run")} ${count.notEligible === 1 ? "has" : "have"} ${props.skipped}.`
        : null}
    </p>
  );
}

function Versions(props: {
  version: ReplayVersion;
  onChoose: (version: ReplayVersion) => void;
}) {
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 text-xs font-semibold text-fg-muted">
        Version
      </legend>
      <Choice
        name="bulk-version"
        checked={props.version === "original"}
        onChoose={() => props.onChoose("original")}
        title="Original"
        note="Each on the version that it ran on."
      />
      <Choice
        name="bulk-version"
        checked={props.version === "current"}
        onChoose={() => props.onChoose("current")}
        title="Current"
        note="Each on what is published now."
      />
    </fieldset>
  );
}

function useStart(
  { onClose, onStarted }: BulkDialogProps,
  job: { action: BulkAction; target: BulkTarget },
) {
  const { organizationId } = useWorkspace();
  const begin = useMutation(api.bulkJobs.start);
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const start = async (expected: number) => {
    setBusy(true);
    setFailure(null);
    try {
      const { action, target: selection } = job;
      await begin({ organizationId, action, selection, expected });
      onClose();
      onStarted();
    } catch (error) {
      setFailure(errorMessage(error, "Could not start. Try again."));
      setBusy(false);
    }
  };
  return {
    isBusy,
    failure,
    start: (expected: number) => void start(expected),
  };
}
