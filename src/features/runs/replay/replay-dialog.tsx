"use client";

import { useQuery } from "convex/react";
import { useState } from "react";
import { usePayload } from "@/components/display/payload-viewer";
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
import { Skeleton } from "@/components/ui/skeleton";
import { api } from "@/convex/_generated/api";
import type { ReplayVersion } from "@/convex/validators/replays";
import { InputEditor } from "@/features/editor/input-editor";
import { useRunInput } from "@/features/editor/run-input";
import { describeKey } from "@/lib/step-keys";
import { versionName } from "@/lib/version-name";
import { type ReplayWish, useRunScope } from "../run-context";
import { Choice } from "./choice";
import { ReplayPlan, type Plan } from "./replay-plan";
import { useReplay } from "./use-replay";

/** Starts a new run from this one, whole or from a step, and goes there; says before what will happen again. */
export function ReplayDialog(props: { wish: ReplayWish; onClose: () => void }) {
  const { run } = useRunScope();
  const { fromStep } = props.wish;
  return (
    <Dialog open onOpenChange={props.onClose}>
      <DialogContent>
        <DialogHeader>
          <DialogTitle>
            Replay run #{run.number}
            {fromStep === null ? "" : ` from ${describeKey(fromStep)}`}
          </DialogTitle>
          <DialogDescription>
            A new run starts; this one stays as it is.
          </DialogDescription>
        </DialogHeader>
        <ReplayForm wish={props.wish} />
      </DialogContent>
    </Dialog>
  );
}

function ReplayForm({ wish }: { wish: ReplayWish }) {
  const { run } = useRunScope();
  const [version, setVersion] = useState<ReplayVersion>("original");
  const [isWhole, setWhole] = useState(wish.fromStep === null);
  const [isEdited, setEdited] = useState(false);
  const fromStep = isWhole ? null : wish.fromStep;
  const plan = useQuery(api.workflowRuns.replayPlan, {
    runId: run._id,
    version,
    ...(fromStep === null ? {} : { fromStep }),
  });
  return (
    <>
      {wish.fromStep === null ? null : (
        <ScopeChoice
          step={wish.fromStep}
          isWhole={isWhole}
          onChoose={setWhole}
        />
      )}
      <VersionChoice version={version} onChoose={setVersion} />
      {plan === undefined ? <Skeleton className="h-16" /> : null}
      {plan ? <ReplayPlan plan={plan} isEdited={isEdited} /> : null}
      {plan?.kind === "possible" ? (
        <Start
          // The form follows the schema of the version.
          key={`${plan.versionId} ${isEdited}`}
          {...{ plan, version, fromStep, isEdited }}
          onEdit={() => setEdited(true)}
        />
      ) : (
        <DialogFooter>
          <CloseButton />
        </DialogFooter>
      )}
    </>
  );
}

function ScopeChoice(props: {
  step: string;
  isWhole: boolean;
  onChoose: (isWhole: boolean) => void;
}) {
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 text-xs font-semibold text-fg-muted">
        What runs
      </legend>
      <Choice
        name="scope"
        checked={!props.isWhole}
        onChoose={() => props.onChoose(false)}
        title={`From ${describeKey(props.step)}`}
        note="Steps before it are reused with their results."
      />
      <Choice
        name="scope"
        checked={props.isWhole}
        onChoose={() => props.onChoose(true)}
        title="The whole run"
        note="Every step runs again."
      />
    </fieldset>
  );
}

function VersionChoice(props: {
  version: ReplayVersion;
  onChoose: (version: ReplayVersion) => void;
}) {
  const { run } = useRunScope();
  const workflow = useQuery(api.workflows.get, { workflowId: run.workflowId });
  const current = workflow?.publishedVersion?.number ?? null;
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 text-xs font-semibold text-fg-muted">
        Version
      </legend>
      <Choice
        name="version"
        checked={props.version === "original"}
        onChoose={() => props.onChoose("original")}
        title={`Original, ${versionName(run.versionNumber)}`}
        note="Exactly what ran before."
      />
      <Choice
        name="version"
        checked={props.version === "current"}
        onChoose={() => props.onChoose("current")}
        title={current === null ? "Current" : `Current, v${current}`}
        note={
          current === run.versionNumber
            ? "The same version: nothing was published since."
            : "What is published now."
        }
      />
    </fieldset>
  );
}

type StartProps = {
  plan: Extract<Plan, { kind: "possible" }>;
  version: ReplayVersion;
  fromStep: string | null;
  isEdited: boolean;
  onEdit: () => void;
};

function Start(props: StartProps) {
  const { replay, isBusy, failure } = useReplay(props);
  if (props.isEdited) return <StartWithInput {...props} />;
  return (
    <>
      <p className="flex items-center justify-between gap-3">
        <span className="text-fg-muted">With the input of this run.</span>
        <Button size="sm" onClick={props.onEdit}>
          Edit input…
        </Button>
      </p>
      <Failure text={failure} />
      <Footer isBusy={isBusy} onStart={() => replay(null)} />
    </>
  );
}

function StartWithInput(props: StartProps) {
  const { run } = useRunScope();
  const body = usePayload(run.input);
  const version = useQuery(api.workflowVersions.get, {
    versionId: props.plan.versionId,
  });
  if (body.kind === "loading" || version === undefined)
    return <Skeleton className="h-32" />;
  if (body.kind !== "ready" || version === null)
    return (
      <p className="text-fg-muted">
        The input is too large to edit here, or it was deleted.
      </p>
    );
  const schema = version.inputSchema;
  return <EditedStart {...props} schema={schema} text={body.text} />;
}

function EditedStart(
  props: StartProps & { schema: string | null; text: string },
) {
  const input = useRunInput(props.schema, props.text);
  const { replay, isBusy, failure } = useReplay({
    ...props,
    onRefused: input.showRefusal,
  });
  return (
    <>
      <InputEditor input={input} />
      <Failure text={failure} />
      <Footer
        isBusy={isBusy}
        onStart={() => {
          const json = input.read();
          if (json !== null) replay(json);
        }}
      />
    </>
  );
}

function Failure({ text }: { text: string | null }) {
  return (
    <p role="alert" className="text-failed-text empty:hidden">
      {text}
    </p>
  );
}

function Footer(props: { isBusy: boolean; onStart: () => void }) {
  return (
    <DialogFooter>
      <CloseButton />
      <Button variant="primary" disabled={props.isBusy} onClick={props.onStart}>
        {props.isBusy ? "Starting…" : "Replay"}
      </Button>
    </DialogFooter>
  );
}

function CloseButton() {
  return (
    <DialogClose asChild>
      <Button>Close</Button>
    </DialogClose>
  );
}
