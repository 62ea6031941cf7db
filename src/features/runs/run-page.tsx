"use client";

import { useConvexConnectionState, useQuery } from "convex/react";
import { useEffect, useMemo, useState } from "react";
import { freezeClock } from "@/components/display/clock";
import { NotFound } from "@/components/not-found";
import { api } from "@/convex/_generated/api";
import type { Id } from "@/convex/_generated/dataModel";
import type { Graph } from "@/convex/language/graph";
import { openingStep } from "./opening-step";
import {
  type ReplayWish,
  RunProvider,
  type Run,
  type RunScope,
} from "./run-context";
import { RunSkeleton } from "./run-skeleton";
import { RunView } from "./run-view";
import { RootLoader } from "./step-loaders";
import { StepStore } from "./step-store";
import { NARROW, useMedia } from "./use-media";
import { useRunUrl } from "./use-run-url";
import { useSteps } from "./use-steps";

/** One run, live: what it did, does and will do, step by step. */
export function RunPage(props: {
  runId: Id<"workflowRuns">;
  workspaceSlug: string;
}) {
  const run = useQuery(api.workflowRuns.get, { runId: props.runId });
  const [last, setLast] = useState<Run | null>(null);
  if (run && run !== last) setLast(run);
  useClockFollowsConnection();
  if (run === undefined) return <RunSkeleton />;
  const shown = run ?? last;
  if (shown === null || shown._id !== props.runId) return <NotFound />;
  return (
    <LoadedRun
      key={shown._id}
      run={shown}
      workspaceSlug={props.workspaceSlug}
      deleted={run === null}
    />
  );
}

/** While the connection is lost nothing pretends to go on. */
function useClockFollowsConnection(): void {
  const { isWebSocketConnected, hasEverConnected } = useConvexConnectionState();
  const lost = hasEverConnected && !isWebSocketConnected;
  useEffect(() => {
    freezeClock(lost);
    return () => freezeClock(false);
  }, [lost]);
}

function LoadedRun(props: {
  run: Run;
  workspaceSlug: string;
  deleted: boolean;
}) {
  const scope = useNewScope(props.run, props.workspaceSlug);
  return (
    <RunProvider value={scope}>
      {props.deleted ? null : <RootLoader />}
      <RunView deleted={props.deleted} />
    </RunProvider>
  );
}

function useNewScope(run: Run, workspaceSlug: string): RunScope {
  const [store] = useState(() => new StepStore());
  const steps = useSteps(store);
  const { url, setUrl, select } = useSelection();
  const version = useVersion(run);
  const selectedKey = url.step ?? openingStep(run.state, steps.root ?? []);
  const [replay, setReplay] = useState<ReplayWish | null>(null);
  return useMemo(
    () => ({
      run,
      version,
      workspaceSlug,
      store,
      selectedKey,
      select,
      url,
      setUrl,
      replay,
      setReplay,
    }),
    [
      run,
      version,
      workspaceSlug,
      store,
      selectedKey,
      select,
      url,
      setUrl,
      replay,
    ],
  );
}

/** Selecting a step forgets the attempt that was open. On a phone it opens a sheet, which Back closes. */
function useSelection() {
  const { url, setUrl } = useRunUrl();
  const history = useMedia(NARROW) ? "push" : "replace";
  const select = useMemo(
    () => (key: string) => setUrl({ step: key, at: null }, { history }),
    [setUrl, history],
  );
  return { url, setUrl, select };
}

function useVersion(run: Run): RunScope["version"] {
  const version = useQuery(api.workflowVersions.get, {
    versionId: run.versionId,
  });
  return useMemo(
    () =>
      version
        ? {
            number: version.number,
            source: version.source,
            // Parse boundary: the compiler wrote it, and a version is never changed.
            graph: JSON.parse(version.graph) as Graph,
          }
        : null,
    [version],
  );
}
