import { useMutation } from "convex/react";
import { useEffect, useState, useSyncExternalStore } from "react";
import { api } from "@/convex/_generated/api";
import type { Id } from "@/convex/_generated/dataModel";
import { errorMessage } from "@/lib/errors";
import {
  DraftSession,
  type DraftSnapshot,
  type LocalDraft,
} from "./draft-session";

const AUTOSAVE_MS = 800;

type Draft = {
  _id: Id<"workflows">;
  draftSource: string;
  draftUpdatedAt: number;
};

/** One editing session for as long as a workflow's pages are open. */
export function useDraftSession(workflow: Draft): DraftSession {
  const saveDraft = useMutation(api.workflows.saveDraft);
  const { _id: workflowId, draftSource, draftUpdatedAt } = workflow;
  const [session] = useState(
    () =>
      new DraftSession(
        { source: draftSource, savedAt: draftUpdatedAt },
        {
          save: (source) => saveDraft({ workflowId, source }),
          describeError: (error) =>
            errorMessage(error, "The draft could not be saved."),
          readLocal: () => readLocal(workflowId),
          writeLocal: (draft) => writeLocal(workflowId, draft),
          delayMs: AUTOSAVE_MS,
        },
      ),
  );
  useEffect(
    () => session.receive({ source: draftSource, savedAt: draftUpdatedAt }),
    [session, draftSource, draftUpdatedAt],
  );
  useEffect(() => () => void session.flush(), [session]);
  return session;
}

export function useDraftSnapshot(session: DraftSession): DraftSnapshot {
  return useSyncExternalStore(
    session.subscribe,
    session.getSnapshot,
    session.getSnapshot,
  );
}

const storageKey = (workflowId: string) => `lockstep.draft.${workflowId}`;

function readLocal(workflowId: string): LocalDraft | null {
  try {
    const text = localStorage.getItem(storageKey(workflowId));
    const value: unknown = text === null ? null : JSON.parse(text);
    return isLocalDraft(value) ? value : null;
  } catch {
    return null;
  }
}

function isLocalDraft(value: unknown): value is LocalDraft {
  if (typeof value !== "object" || value === null) return false;
  const { source, base } = value as Record<string, unknown>;
  return typeof source === "string" && typeof base === "number";
}

/** Storage may be full or forbidden; the text then lives only in this page. */
function writeLocal(workflowId: string, draft: LocalDraft | null): void {
  try {
    if (draft === null) localStorage.removeItem(storageKey(workflowId));
    else localStorage.setItem(storageKey(workflowId), JSON.stringify(draft));
  } catch (error) {
    console.warn("The draft could not be kept on this device.", error);
  }
}
