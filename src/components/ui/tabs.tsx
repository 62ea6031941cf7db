"use client";

import { Tabs as TabsPrimitive } from "radix-ui";
import type { ComponentProps } from "react";
import { cn } from "../../lib/cn";

export const Tabs = TabsPrimitive.Root;
export const TabsContent = TabsPrimitive.Content;

/** Shared with tabs that are links. */
export const tabClasses =
  "inline-flex h-9 items-center gap-1.5 border-b-2 border-transparent px-3 text-sm font-medium text-fg-muted hover:text-fg data-[state=active]:border-primary data-[state=active]:text-fg aria-[current=page]:border-primary aria-[current=page]:text-fg";

export function TabsList({
  className,
  ...props
}: ComponentProps<typeof TabsPrimitive.List>) {
  return (
    <TabsPrimitive.List
      className={cn("flex overflow-x-auto border-b border-border", className)}
      {...props}
    />
  );
}

export function TabsTrigger({
  className,
  ...props
}: ComponentProps<typeof TabsPrimitive.Trigger>) {
  return (
    <TabsPrimitive.Trigger className={cn(tabClasses, className)} {...props} />
  );
}
