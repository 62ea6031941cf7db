import { redirect } from "next/navigation";

export default async function Page(props: {
  params: Promise<{ ws: string; wf: string }>;
}) {
  const { ws, wf } = await props.params;
  redirect(`/${ws}/workflows/${wf}/code`);
}
