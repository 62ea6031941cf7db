"use client";

import { useQuery } from "convex/react";
import { api } from "@/convex/_generated/api";
import type { FlowControl, Graph } from "@/convex/language/graph";
import type { WorkflowDetails } from "@/features/editor/workflow-context";
import { limitTexts, type LimitText } from "./limit-texts";

/** When runs start and how long they may take: it is said in the source, and shown here as it is published. */
export function RunLimits({ workflow }: { workflow: WorkflowDetails }) {
  const { publishedVersion } = workflow;
  const version = useQuery(
    api.workflowVersions.get,
    publishedVersion === null ? "skip" : { versionId: publishedVersion._id },
  );
  if (publishedVersion !== null && version === undefined) return null;
  return (
    <section
      aria-labelledby="run-limits"
      className="flex flex-col gap-3 rounded-lg border border-border p-4"
    >
      <h2 id="run-limits" className="font-medium">
        When runs start
      </h2>
      {version ? (
        <Limits
          number={version.number}
          texts={limitTexts(...parsed(version))}
        />
      ) : (
        <p className="text-fg-muted">Nothing is published yet.</p>
      )}
    </section>
  );
}

function Limits({ number, texts }: { number: number; texts: LimitText[] }) {
  const where = "the options of workflow({ … }) in the code";
  if (texts.length === 0)
    return (
      <p className="text-fg-muted">
        At once, as many as are started, without a time limit. Limits are set in{" "}
        {where}.
      </p>
    );
  return (
    <>
      <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-2">
        {texts.map(({ name, text }) => (
          <div key={name} className="col-span-2 grid grid-cols-subgrid">
            <dt className="font-mono">{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <p className="text-fg-muted">
        As published in v{number}; set in {where}.
      </p>
    </>
  );
}

/** Written by the compiler when the version was published. */
function parsed(version: {
  graph: string;
  flow: string | null;
}): [FlowControl | null, Graph] {
  const { graph, flow } = version;
  return [
    flow === null ? null : (JSON.parse(flow) as FlowControl),
    JSON.parse(graph) as Graph,
  ];
}
