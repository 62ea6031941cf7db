"use client";

import type { ReactNode } from "react";
import { Tabs, TabsContent, TabsList, TabsTrigger } from "@/components/ui/tabs";
import { useShortcut } from "@/features/shell/shortcuts-provider";
import { useRunScope } from "./run-context";
import { RUN_VIEWS, type RunViewName } from "./use-run-url";

const LABEL = {
  timeline: "Timeline",
  events: "Events",
} as const satisfies Record<RunViewName, string>;

/** Ways to look at the same run; they share what is selected. */
export function RunViews(props: { panels: Record<RunViewName, ReactNode> }) {
  const { url, setUrl } = useRunScope();
  useShortcut("view-timeline", () => setUrl({ view: "timeline" }));
  useShortcut("view-events", () => setUrl({ view: "events" }));
  return (
    <Tabs
      value={url.view}
      onValueChange={(value) => {
        const view = RUN_VIEWS.find((name) => name === value);
        if (view !== undefined) setUrl({ view });
      }}
      className="flex h-full min-h-0 flex-col"
    >
      <TabsList aria-label="Views of the run" className="shrink-0 px-2">
        {RUN_VIEWS.map((view) => (
          <TabsTrigger key={view} value={view}>
            {LABEL[view]}
          </TabsTrigger>
        ))}
      </TabsList>
      <TabsContent
        value={url.view}
        className="flex min-h-0 flex-1 flex-col outline-none"
      >
        {props.panels[url.view]}
      </TabsContent>
    </Tabs>
  );
}
