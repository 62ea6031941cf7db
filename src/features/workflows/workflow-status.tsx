import {
  Archive,
  CircleCheck,
  CirclePause,
  PencilLine,
  type LucideIcon,
} from "lucide-react";
import type { ComponentProps } from "react";
import { Badge } from "@/components/ui/badge";
import type { WorkflowStatus } from "@/convex/validators/workflows";

type Look = {
  label: string;
  icon: LucideIcon;
  tone: NonNullable<ComponentProps<typeof Badge>["tone"]>;
};

const LOOK = {
  draft: { label: "Draft", icon: PencilLine, tone: "neutral" },
  active: { label: "Active", icon: CircleCheck, tone: "succeeded" },
  paused: { label: "Paused", icon: CirclePause, tone: "waiting" },
  archived: { label: "Archived", icon: Archive, tone: "neutral" },
} as const satisfies Record<WorkflowStatus, Look>;

export function WorkflowStatusBadge({ status }: { status: WorkflowStatus }) {
  const { label, icon: Icon, tone } = LOOK[status];
  return (
    <Badge tone={tone}>
      <Icon aria-hidden />
      {label}
    </Badge>
  );
}
