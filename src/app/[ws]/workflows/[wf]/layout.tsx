import type { ReactNode } from "react";
import { WorkflowFrame } from "@/features/editor/workflow-frame";

export default async function WorkflowLayout(props: {
  params: Promise<{ wf: string }>;
  children: ReactNode;
}) {
  const { wf } = await props.params;
  return <WorkflowFrame slug={wf}>{props.children}</WorkflowFrame>;
}
