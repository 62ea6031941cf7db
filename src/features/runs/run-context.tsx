"use client";

import type { FunctionReturnType } from "convex/server";
import { createContext, useContext } from "react";
import type { api } from "@/convex/_generated/api";
import type { Graph } from "@/convex/language/graph";
import type { StepStore } from "./step-store";
import type { RunUrl } from "./use-run-url";

export type Run = NonNullable<FunctionReturnType<typeof api.workflowRuns.get>>;

export type RunVersion = { number: number; source: string; graph: Graph };

/** What the parts of the run page share. */
export type RunScope = RunUrl & {
  run: Run;
  /** Null while it loads. */
  version: RunVersion | null;
  workspaceSlug: string;
  store: StepStore;
  /** What the inspector shows: from the address, else by the opening rules. */
  selectedKey: string;
  select: (key: string) => void;
  /** What the replay dialog is open for; null when it is closed. */
  replay: ReplayWish | null;
  setReplay: (wish: ReplayWish | null) => void;
};

/** `fromStep` null: the whole run. */
export type ReplayWish = { fromStep: string | null };

const RunContext = createContext<RunScope | null>(null);
export const RunProvider = RunContext;

export function useRunScope(): RunScope {
  const scope = useContext(RunContext);
  if (!scope) throw new Error("useRunScope is used outside a run page.");
  return scope;
}
