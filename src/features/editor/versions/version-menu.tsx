"use client";

import {
  Ellipsis,
  FilePlus2,
  GitCompare,
  History,
  PencilLine,
} from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
} from "@/components/ui/dropdown-menu";
import { canEdit } from "@/lib/roles";
import { useWorkflow } from "../workflow-context";
import type { Side } from "./compared";
import { RestoreAsDialog } from "./restore-as-dialog";
import { RestoreDialog } from "./restore-dialog";
import { RollBackDialog } from "./roll-back-dialog";
import type { Activity, Version } from "./version";

export function VersionMenu(props: {
  version: Version;
  previous: number | null;
  isCurrent: boolean;
  activity: Activity | null;
  onCompare: (one: Side, other: Side) => void;
}) {
  const { version, previous } = props;
  const { workflow } = useWorkflow();
  const [dialog, setDialog] = useState<
    "restore" | "restoreAs" | "rollBack" | null
  >(null);
  const close = () => setDialog(null);
  const mayEdit = canEdit(workflow.role);
  return (
    <>
      <DropdownMenu>
        <DropdownMenuTrigger asChild>
          <Button
            variant="ghost"
            size="icon-sm"
            aria-label={`Actions for version ${version.number}`}
          >
            <Ellipsis aria-hidden />
          </Button>
        </DropdownMenuTrigger>
        <DropdownMenuContent>
          <DropdownMenuItem
            onSelect={() => props.onCompare(version.number, "draft")}
          >
            <GitCompare aria-hidden />
            Compare with the draft
          </DropdownMenuItem>
          {previous === null ? null : (
            <DropdownMenuItem
              onSelect={() => props.onCompare(previous, version.number)}
            >
              <GitCompare aria-hidden />
              Compare with v{previous}
            </DropdownMenuItem>
          )}
          <DropdownMenuSeparator />
          <DropdownMenuItem
            disabled={!mayEdit}
            onSelect={() => setDialog("restore")}
          >
            <PencilLine aria-hidden />
            Restore as draft…
          </DropdownMenuItem>
          <DropdownMenuItem
            disabled={!mayEdit}
            onSelect={() => setDialog("restoreAs")}
          >
            <FilePlus2 aria-hidden />
            Restore as new workflow…
          </DropdownMenuItem>
          <DropdownMenuItem
            disabled={!mayEdit || props.isCurrent}
            onSelect={() => setDialog("rollBack")}
          >
            <History aria-hidden />
            Roll back to v{version.number}…
          </DropdownMenuItem>
        </DropdownMenuContent>
      </DropdownMenu>
      {dialog === "restore" ? (
        <RestoreDialog version={version} onClose={close} />
      ) : null}
      {dialog === "restoreAs" ? (
        <RestoreAsDialog version={version} onClose={close} />
      ) : null}
      {dialog === "rollBack" ? (
        <RollBackDialog
          version={version}
          activity={props.activity}
          onClose={close}
        />
      ) : null}
    </>
  );
}
