import type { ComponentProps } from "react";
import { Button } from "@/components/ui/button";
import { canRun } from "@/lib/roles";
import { useRunScope } from "./run-context";

/** A button for those who may operate runs; others see it, and why it is not for them. */
export function GuardedButton({
  onClick,
  ...props
}: ComponentProps<typeof Button>) {
  const { run } = useRunScope();
  if (canRun(run.role)) return <Button {...props} onClick={onClick} />;
  return <Button {...props} aria-disabled title="Requires the Operator role" />;
}
