"use client";

import { Dialog } from "radix-ui";
import {
  Group,
  Panel,
  Separator,
  useDefaultLayout,
} from "react-resizable-panels";
import { useShortcut } from "@/features/shell/shortcuts-provider";
import { EventsView } from "./events/events-view";
import { Inspector } from "./inspector/inspector";
import { RunBanner } from "./run-banner";
import { useRunScope } from "./run-context";
import { RunHeader } from "./run-header";
import { focusStepRow } from "./focus-step-row";
import { findFailure } from "./step-filter";
import { RunViews } from "./run-views";
import { ChildrenLoader } from "./step-loaders";
import { StepTreeGrid } from "./step-tree-grid";
import { TreeFooter } from "./tree-footer";
import { TreeToolbar } from "./tree-toolbar";
import { NARROW, useMedia } from "./use-media";
import { useTree, type TreeState } from "./use-tree";

export function RunView({ deleted }: { deleted: boolean }) {
  const tree = useTree();
  const narrow = useMedia(NARROW);
  useFailureShortcuts(tree);
  return (
    <div className="flex h-full min-h-0 flex-col max-md:h-auto">
      {tree.tree.open.map((key) => (
        <ChildrenLoader key={key} parentKey={key} />
      ))}
      <RunHeader />
      {deleted ? (
        <p
          role="status"
          className="bg-retrying-tint px-4 py-1.5 text-retrying-text"
        >
          This run was deleted. What was loaded of it is still shown.
        </p>
      ) : (
        <RunBanner />
      )}
      {narrow ? <NarrowBody tree={tree} /> : <WideBody tree={tree} />}
    </div>
  );
}

function useFailureShortcuts(tree: TreeState): void {
  const { select, selectedKey } = useRunScope();
  const go = (direction: 1 | -1) => {
    const failure = findFailure(tree.tree.rows, selectedKey, direction);
    if (failure === undefined) return;
    select(failure.key);
    focusStepRow(failure.key);
  };
  useShortcut("next-failure", () => go(1));
  useShortcut("previous-failure", () => go(-1));
}

function WideBody({ tree }: { tree: TreeState }) {
  const layout = useDefaultLayout({
    id: "lockstep.run-panels",
    storage: panelStorage,
  });
  return (
    <Group
      orientation="horizontal"
      className="min-h-0 flex-1"
      defaultLayout={layout.defaultLayout}
      onLayoutChanged={layout.onLayoutChanged}
    >
      <Panel id="steps" minSize={320}>
        <Steps tree={tree} />
      </Panel>
      <Separator
        aria-label="Width of the inspector"
        className="w-px bg-border outline-offset-0 transition-colors hover:bg-border-strong focus-visible:bg-focus data-[separator=active]:bg-focus"
      />
      <Panel
        id="inspector-panel"
        defaultSize={440}
        minSize={320}
        maxSize="60%"
        groupResizeBehavior="preserve-pixel-size"
      >
        <Inspector />
      </Panel>
    </Group>
  );
}

/** The server has no storage; the panels get their saved widths in the browser. */
const panelStorage = {
  getItem: (key: string) =>
    typeof window === "undefined" ? null : localStorage.getItem(key),
  setItem: (key: string, value: string) => localStorage.setItem(key, value),
};

function Steps({ tree }: { tree: TreeState }) {
  return (
    <RunViews
      panels={{
        timeline: (
          <>
            <TreeToolbar tree={tree} />
            <StepTreeGrid tree={tree} />
            <TreeFooter
              shown={tree.rows.length}
              loading={tree.steps.root === null}
            />
          </>
        ),
        events: <EventsView />,
      }}
    />
  );
}

/** The steps in full width; the selected one in a sheet over them. */
function NarrowBody({ tree }: { tree: TreeState }) {
  const { url, setUrl } = useRunScope();
  const close = () => setUrl({ step: null });
  return (
    <div className="flex min-h-0 flex-1 flex-col max-md:h-[calc(100dvh-4rem)] max-md:flex-none">
      <Steps tree={tree} />
      <Dialog.Root
        open={url.step !== null}
        onOpenChange={(open) => (open ? null : close())}
      >
        <Dialog.Portal>
          <Dialog.Content
            aria-describedby={undefined}
            className="fixed inset-0 z-50 bg-canvas"
          >
            <Dialog.Title className="sr-only">Step</Dialog.Title>
            <Inspector onClose={close} />
          </Dialog.Content>
        </Dialog.Portal>
      </Dialog.Root>
    </div>
  );
}
