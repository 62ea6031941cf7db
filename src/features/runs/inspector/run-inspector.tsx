"use client";

import { Duration } from "@/components/display/duration";
import { PayloadViewer } from "@/components/display/payload-viewer";
import { formatDateTime } from "@/lib/format";
import { isTerminal, STATUS, statusOf } from "@/lib/run-status";
import { versionName } from "@/lib/version-name";
import { useRunScope } from "../run-context";
import { DetailsList, IdText } from "./details-list";
import { ErrorView } from "./error-view";
import { InspectorTabs } from "./inspector-tabs";

/** The run as a whole: what it was started with and what came of it. */
export function RunInspector() {
  const { run } = useRunScope();
  const initial =
    run.error !== null ? "error" : run.output !== null ? "output" : "input";
  return (
    <InspectorTabs
      initial={initial}
      panels={{
        ...(run.error !== null && {
          error: <ErrorView error={run.error} definedAt={null} />,
        }),
        input: <PayloadViewer payload={run.input} name="Input" />,
        output: <RunOutput />,
        details: <RunDetails />,
      }}
    />
  );
}

function RunOutput() {
  const { run } = useRunScope();
  if (run.output !== null)
    return <PayloadViewer payload={run.output} name="Output" />;
  return (
    <p className="text-fg-muted">
      {run.state.kind === "failed"
        ? "No output. The run failed before it ended."
        : isTerminal(run.state)
          ? "No output."
          : "No output yet."}
    </p>
  );
}

function RunDetails() {
  const { run } = useRunScope();
  return (
    <DetailsList
      details={[
        { name: "Status", value: STATUS[statusOf(run.state)].label },
        { name: "Workflow", value: run.workflowName },
        { name: "Version", value: versionName(run.versionNumber) },
        {
          name: "Trigger",
          value: `${run.startedBy.kind}, ${run.startedBy.label}`,
        },
        { name: "Created", value: formatDateTime(run.createdAt) },
        { name: "Duration", value: <Duration of={run} /> },
        { name: "Id", value: <IdText>{run._id}</IdText> },
      ]}
    />
  );
}
