import { useQuery } from "convex/react";
import {
  Activity,
  Hand,
  Settings,
  Workflow,
  type LucideIcon,
} from "lucide-react";
import { api } from "@/convex/_generated/api";
import { useWorkspace } from "./workspace";

export type NavItem = {
  href: string;
  label: string;
  icon: LucideIcon;
  /** What waits there for the person who is signed in. */
  waiting: number;
};

export function useNavItems(): NavItem[] {
  const { organizationId, slug } = useWorkspace();
  const approvals = useQuery(api.approvals.countMine, { organizationId }) ?? 0;
  const item = (name: string, icon: LucideIcon, waiting = 0) => {
    return {
      href: `/${slug}/${name.toLowerCase()}`,
      label: name,
      icon,
      waiting,
    };
  };
  return [
    item("Workflows", Workflow),
    item("Runs", Activity),
    item("Approvals", Hand, approvals),
    item("Settings", Settings),
  ];
}

export function isCurrent(item: NavItem, pathname: string): boolean {
  return pathname === item.href || pathname.startsWith(`${item.href}/`);
}

export function navLabel({ label, waiting }: NavItem): string {
  return waiting === 0 ? label : `${label}, ${waiting} waiting for you`;
}

export function countText(waiting: number): string {
  return waiting > 99 ? "99+" : String(waiting);
}
