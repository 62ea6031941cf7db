import { redirect } from "next/navigation";

export default async function Page(props: { params: Promise<{ ws: string }> }) {
  const { ws } = await props.params;
  redirect(`/${ws}/workflows`);
}
