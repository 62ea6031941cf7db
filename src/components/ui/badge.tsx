import { cva, type VariantProps } from "class-variance-authority";
import type { ComponentProps } from "react";
import { cn } from "../../lib/cn";

const badgeVariants = cva(
  "inline-flex h-[1.375rem] items-center gap-1 rounded-pill px-2 text-2xs font-medium whitespace-nowrap [&_svg]:size-3.5",
  {
    variants: {
      tone: {
        outline: "border border-border-strong text-fg-muted",
        neutral: "bg-neutral-tint text-neutral-text",
        running: "bg-running-tint text-running-text",
        waiting: "bg-waiting-tint text-waiting-text",
        retrying: "bg-retrying-tint text-retrying-text",
        succeeded: "bg-succeeded-tint text-succeeded-text",
        failed: "bg-failed-tint text-failed-text",
      },
    },
    defaultVariants: { tone: "outline" },
  },
);

export function Badge({
  className,
  tone,
  ...props
}: ComponentProps<"span"> & VariantProps<typeof badgeVariants>) {
  return <span className={cn(badgeVariants({ tone }), className)} {...props} />;
}
