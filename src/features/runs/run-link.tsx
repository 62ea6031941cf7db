"use client";

import Link from "next/link";
import type { ReactNode } from "react";
import { useRunScope } from "./run-context";

/** Another run of the workspace, and a step of it. */
export function RunLink(props: {
  run: { runId: string };
  step?: string;
  children: ReactNode;
}) {
  const { workspaceSlug } = useRunScope();
  const step =
    props.step === undefined ? "" : `?step=${encodeURIComponent(props.step)}`;
  return (
    <Link
      href={`/${workspaceSlug}/runs/${props.run.runId}${step}`}
      className="link"
    >
      {props.children}
    </Link>
  );
}
