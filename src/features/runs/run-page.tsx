"use client";

export function RunPage(props: { runId: string; workspaceSlug: string }) {
  return <div data-run={props.runId} />;
}
