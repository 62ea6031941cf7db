import type { ReactNode } from "react";
import { Logo } from "@/features/shell/logo";

export function AuthCard(props: {
  title: ReactNode;
  description?: string;
  children: ReactNode;
}) {
  return (
    <div className="flex w-full max-w-sm flex-col gap-4 rounded-lg border border-border bg-canvas p-6">
      <div className="flex items-center gap-2.5">
        <Logo />
        <span className="text-base font-semibold">Lockstep</span>
      </div>
      <div>
        <h1 className="text-xl font-semibold">{props.title}</h1>
        {props.description ? (
          <p className="mt-1 text-fg-muted">{props.description}</p>
        ) : null}
      </div>
      {props.children}
    </div>
  );
}
