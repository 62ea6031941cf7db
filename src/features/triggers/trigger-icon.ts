import { CalendarClock, Radio, Webhook, type LucideIcon } from "lucide-react";
import type { Trigger } from "@/convex/validators/triggers";

export const TRIGGER_ICON = {
  schedule: CalendarClock,
  webhook: Webhook,
  event: Radio,
} as const satisfies Record<Trigger["kind"], LucideIcon>;
