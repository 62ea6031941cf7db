import { cookies } from "next/headers";
import type { ReactNode } from "react";
import { SIDEBAR_COOKIE } from "@/features/shell/sidebar-cookie";
import { WorkspaceShell } from "@/features/shell/workspace-shell";

export default async function WorkspaceLayout(props: {
  params: Promise<{ ws: string }>;
  children: ReactNode;
}) {
  const { ws } = await props.params;
  const cookie = (await cookies()).get(SIDEBAR_COOKIE);
  return (
    <WorkspaceShell slug={ws} collapsed={cookie?.value === "collapsed"}>
      {props.children}
    </WorkspaceShell>
  );
}
