"use client";

import { AlertDialog as AlertPrimitive } from "radix-ui";
import type { ComponentProps } from "react";
import { cn } from "../../lib/cn";
import { Button } from "./button";
import { overlayClasses, panelClasses } from "./dialog";

export const AlertDialog = AlertPrimitive.Root;
export const AlertDialogTrigger = AlertPrimitive.Trigger;

export function AlertDialogContent({
  className,
  ...props
}: ComponentProps<typeof AlertPrimitive.Content>) {
  return (
    <AlertPrimitive.Portal>
      <AlertPrimitive.Overlay className={overlayClasses} />
      <AlertPrimitive.Content
        className={cn(panelClasses, "max-w-md", className)}
        {...props}
      />
    </AlertPrimitive.Portal>
  );
}

export function AlertDialogTitle({
  className,
  ...props
}: ComponentProps<typeof AlertPrimitive.Title>) {
  return (
    <AlertPrimitive.Title
      className={cn("text-lg font-semibold", className)}
      {...props}
    />
  );
}

export function AlertDialogDescription({
  className,
  ...props
}: ComponentProps<typeof AlertPrimitive.Description>) {
  return (
    <AlertPrimitive.Description
      className={cn("text-sm text-fg-muted", className)}
      {...props}
    />
  );
}

export function AlertDialogFooter({
  className,
  ...props
}: ComponentProps<"div">) {
  return (
    <div
      className={cn(
        "flex flex-wrap justify-end gap-2 max-sm:flex-col-reverse",
        className,
      )}
      {...props}
    />
  );
}

/** The safe answer; focused first. */
export function AlertDialogCancel(props: ComponentProps<typeof Button>) {
  return (
    <AlertPrimitive.Cancel asChild>
      <Button {...props} />
    </AlertPrimitive.Cancel>
  );
}

/** Does not close by itself when its handler calls `preventDefault`, so that a failure can be shown in place. */
export function AlertDialogAction(props: ComponentProps<typeof Button>) {
  return (
    <AlertPrimitive.Action asChild>
      <Button variant="danger" {...props} />
    </AlertPrimitive.Action>
  );
}
