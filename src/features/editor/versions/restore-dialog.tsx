"use client";

import { useMutation } from "convex/react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { toast } from "sonner";
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
import type { Id } from "@/convex/_generated/dataModel";
import { useWorkspace } from "@/features/shell/workspace";
import { errorMessage } from "@/lib/errors";
import { useWorkflow } from "../workflow-context";
import type { Version } from "./version";

const UNDO_MS = 10_000;

/** Puts a version into the draft, after saying what happens to what is in it. */
export function RestoreDialog(props: {
  version: Pick<Version, "_id" | "number">;
  onClose: () => void;
}) {
  const { number } = props.version;
  const { workflow } = useWorkflow();
  const { restore, isBusy, failure } = useRestore(props);
  return (
    <Dialog open onOpenChange={props.onClose}>
      <DialogContent>
        <DialogHeader>
          <DialogTitle>Restore v{number} as draft</DialogTitle>
          <DialogDescription>
            The code of v{number} becomes the draft. Nothing is published, and
            triggers stay as they are.
          </DialogDescription>
        </DialogHeader>
        <p
          className={
            workflow.hasDraftChanges
              ? "rounded-md bg-retrying-tint p-3 text-retrying-text"
              : "text-fg-muted"
          }
        >
          {workflow.hasDraftChanges
            ? "The draft has changes that are not published. They are replaced, but not lost: they are kept under “Earlier drafts” on this page and can be brought back."
            : "The draft is the same as the current version, so nothing is lost."}
        </p>
        <p role="alert" className="text-failed-text empty:hidden">
          {failure}
        </p>
        <DialogFooter>
          <DialogClose asChild>
            <Button>Cancel</Button>
          </DialogClose>
          <Button disabled={isBusy} onClick={() => restore("test")}>
            Restore and test…
          </Button>
          <Button
            variant="primary"
            disabled={isBusy}
            onClick={() => restore("edit")}
          >
            {isBusy
              ? "Restoring…"
              : workflow.hasDraftChanges
                ? "Replace the draft"
                : "Restore"}
          </Button>
        </DialogFooter>
      </DialogContent>
    </Dialog>
  );
}

function useRestore(props: {
  version: Pick<Version, "_id" | "number">;
  onClose: () => void;
}) {
  const { workflow, session, openDialog } = useWorkflow();
  const { slug } = useWorkspace();
  const router = useRouter();
  const mutation = useMutation(api.workflowVersions.restore);
  const bringBack = useBringBack();
  const [failure, setFailure] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const restore = async (next: "edit" | "test") => {
    setBusy(true);
    setFailure(null);
    try {
      if (!(await session.flush())) throw new Error("The draft is not saved.");
      const { keptDraftId } = await mutation({ versionId: props.version._id });
      toast.success(`v${props.version.number} is in the draft`, {
        duration: UNDO_MS,
        ...(keptDraftId && {
          action: { label: "Undo", onClick: () => bringBack(keptDraftId) },
        }),
      });
      props.onClose();
      router.push(`/${slug}/workflows/${workflow.slug}/code`);
      if (next === "test") openDialog("test");
    } catch (error) {
      setFailure(errorMessage(error, "Could not restore it. Try again."));
      setBusy(false);
    }
  };
  return {
    restore: (next: "edit" | "test") => void restore(next),
    isBusy,
    failure,
  };
}

/** Puts an earlier draft back; what is in the draft now is kept in its place. */
export function useBringBack() {
  const { session } = useWorkflow();
  const mutation = useMutation(api.drafts.bringBack);
  const bringBack = async (keptDraftId: Id<"keptDrafts">) => {
    try {
      if (!(await session.flush())) throw new Error("The draft is not saved.");
      await mutation({ keptDraftId });
      toast.success("The earlier draft is back");
    } catch (error) {
      toast.error(errorMessage(error, "Could not bring it back. Try again."), {
        duration: Infinity,
      });
    }
  };
  return (keptDraftId: Id<"keptDrafts">) => void bringBack(keptDraftId);
}
