import type { ComponentProps } from "react";
import { cn } from "../../lib/cn";

export const fieldClasses =
  "w-full rounded-md border border-border-strong bg-canvas px-2.5 text-sm text-fg disabled:opacity-60 aria-invalid:border-failed-text";

export function Input({ className, ...props }: ComponentProps<"input">) {
  return (
    <input
      className={cn(fieldClasses, "h-8 max-sm:h-10", className)}
      {...props}
    />
  );
}
