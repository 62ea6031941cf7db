import { Activity, Workflow, type LucideIcon } from "lucide-react";

export type NavItem = { href: string; label: string; icon: LucideIcon };

export function navItems(slug: string): NavItem[] {
  return [
    { href: `/${slug}/workflows`, label: "Workflows", icon: Workflow },
    { href: `/${slug}/runs`, label: "Runs", icon: Activity },
  ];
}

export function isCurrent(item: NavItem, pathname: string): boolean {
  return pathname === item.href || pathname.startsWith(`${item.href}/`);
}
