import { cva, type VariantProps } from "class-variance-authority";
import { Slot } from "radix-ui";
import type { ComponentProps } from "react";
import { cn } from "../../lib/cn";

export const buttonVariants = cva(
  "inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md text-sm font-medium whitespace-nowrap transition-colors disabled:cursor-not-allowed disabled:opacity-60 aria-disabled:cursor-not-allowed aria-disabled:opacity-60 [&_svg]:size-4 [&_svg]:shrink-0",
  {
    variants: {
      variant: {
        primary: "bg-primary text-on-primary hover:opacity-90",
        outline:
          "border border-border-strong bg-canvas text-fg hover:bg-sunken",
        ghost: "text-fg-muted hover:bg-sunken hover:text-fg",
        danger: "bg-danger text-on-danger hover:opacity-90",
        link: "text-link underline underline-offset-2",
      },
      size: {
        default: "h-8 px-3 max-sm:h-10",
        sm: "h-7 px-2 text-xs",
        lg: "h-10 px-4 text-base",
        icon: "size-8 max-sm:size-10",
        "icon-sm": "size-7",
      },
    },
    defaultVariants: { variant: "outline", size: "default" },
  },
);

export function Button({
  className,
  variant,
  size,
  asChild = false,
  type = "button",
  ...props
}: ComponentProps<"button"> &
  VariantProps<typeof buttonVariants> & { asChild?: boolean }) {
  const classes = cn(buttonVariants({ variant, size }), className);
  if (asChild) return <Slot.Root className={classes} {...props} />;
  return <button type={type} className={classes} {...props} />;
}
