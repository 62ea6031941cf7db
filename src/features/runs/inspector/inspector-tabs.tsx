"use client";

import type { ReactNode } from "react";
import { Tabs, TabsContent, TabsList, TabsTrigger } from "@/components/ui/tabs";
import { useShortcut } from "@/features/shell/shortcuts-provider";
import { useRunScope } from "../run-context";
import type { InspectorTab } from "../use-run-url";

const LABEL = {
  error: "Error",
  input: "Input",
  output: "Output",
  logs: "Logs",
  details: "Details",
} as const satisfies Record<InspectorTab, string>;

/** The tabs of the inspector; the chosen one is in the address, else `initial`. */
export function InspectorTabs({
  initial,
  panels,
}: {
  initial: InspectorTab;
  panels: Partial<Record<InspectorTab, ReactNode>>;
}) {
  const { url, setUrl } = useRunScope();
  const tabs = (
    ["error", "input", "output", "logs", "details"] as const
  ).filter((tab) => panels[tab] !== undefined);
  const chosen = url.tab !== null && tabs.includes(url.tab) ? url.tab : initial;
  useTabShortcuts((tab) => (tabs.includes(tab) ? setUrl({ tab }) : null));
  return (
    <Tabs
      value={chosen}
      onValueChange={(value) => {
        const tab = tabs.find((name) => name === value);
        if (tab !== undefined) setUrl({ tab });
      }}
      className="flex min-h-0 flex-1 flex-col"
    >
      <TabsList aria-label="About this step" className="shrink-0 px-2">
        {tabs.map((tab) => (
          <TabsTrigger key={tab} value={tab} className="px-2.5">
            {LABEL[tab]}
          </TabsTrigger>
        ))}
      </TabsList>
      <TabsContent
        value={chosen}
        className="min-h-0 flex-1 overflow-y-auto p-4"
      >
        {panels[chosen]}
      </TabsContent>
    </Tabs>
  );
}

function useTabShortcuts(show: (tab: InspectorTab) => void): void {
  useShortcut("tab-error", () => show("error"));
  useShortcut("tab-input", () => show("input"));
  useShortcut("tab-output", () => show("output"));
  useShortcut("tab-logs", () => show("logs"));
  useShortcut("tab-details", () => show("details"));
}
