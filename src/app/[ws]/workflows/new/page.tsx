import type { Metadata } from "next";
import { NewWorkflowPage } from "@/features/workflows/new-workflow-page";

export const metadata: Metadata = { title: "New workflow" };

export default async function Page(props: {
  searchParams: Promise<{ template?: string | string[] }>;
}) {
  const { template } = await props.searchParams;
  return (
    <NewWorkflowPage
      template={typeof template === "string" ? template : null}
    />
  );
}
