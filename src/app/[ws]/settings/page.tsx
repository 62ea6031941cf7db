import { redirect } from "next/navigation";

type Props = { params: Promise<{ ws: string }> };

export default async function Page({ params }: Props) {
  const { ws } = await params;
  redirect(`/${ws}/settings/general`);
}
