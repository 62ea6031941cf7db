"use client";

import { Keyboard, PanelLeftClose, PanelLeftOpen } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { Badge } from "@/components/ui/badge";
import { Tooltip } from "@/components/ui/tooltip";
import { cn } from "@/lib/cn";
import type { Viewer } from "./viewer";
import { Logo } from "./logo";
import { countText, isCurrent, navLabel, useNavItems } from "./nav-items";
import { navRowClasses } from "./nav-row-classes";
import { useShortcuts } from "./shortcuts-provider";
import { UserMenu } from "./user-menu";
import { useWorkspace } from "./workspace";

export function Sidebar(props: {
  viewer: Viewer;
  collapsed: boolean;
  onToggle: () => void;
}) {
  const { collapsed } = props;
  const { openHelp } = useShortcuts();
  return (
    <aside
      aria-label="Side bar"
      className={cn(
        "hidden shrink-0 flex-col gap-3 border-r border-border bg-subtle px-2 py-3 sm:flex",
        collapsed ? "w-13" : "w-55",
      )}
    >
      <WorkspaceName collapsed={collapsed} />
      <MainNav collapsed={collapsed} />
      <div className="mt-auto flex flex-col gap-0.5">
        <RowButton label="Shortcuts" collapsed={collapsed} onClick={openHelp}>
          <Keyboard aria-hidden />
        </RowButton>
        <RowButton
          label={collapsed ? "Show side bar" : "Hide side bar"}
          collapsed={collapsed}
          onClick={props.onToggle}
        >
          {collapsed ? (
            <PanelLeftOpen aria-hidden />
          ) : (
            <PanelLeftClose aria-hidden />
          )}
        </RowButton>
        <UserMenu viewer={props.viewer} collapsed={collapsed} />
      </div>
    </aside>
  );
}

function WorkspaceName({ collapsed }: { collapsed: boolean }) {
  const { name, slug } = useWorkspace();
  return (
    <Link
      href={`/${slug}/workflows`}
      aria-label={name}
      className="flex h-9 items-center gap-2.5 rounded-md px-1.5 hover:bg-sunken"
    >
      <Logo />
      {collapsed ? null : (
        <span className="truncate text-base font-semibold">{name}</span>
      )}
    </Link>
  );
}

function MainNav({ collapsed }: { collapsed: boolean }) {
  const pathname = usePathname();
  return (
    <nav aria-label="Main">
      <ul className="flex flex-col gap-0.5">
        {useNavItems().map((item) => (
          <li key={item.href}>
            <Link
              href={item.href}
              aria-label={navLabel(item)}
              aria-current={isCurrent(item, pathname) ? "page" : undefined}
              className={cn(
                navRowClasses,
                collapsed &&
                  "relative [&>span]:absolute [&>span]:-top-1 [&>span]:-right-1 [&>span]:px-1",
                "aria-[current=page]:bg-sunken aria-[current=page]:font-semibold aria-[current=page]:text-fg",
              )}
            >
              <item.icon aria-hidden />
              {collapsed ? null : item.label}
              {item.waiting === 0 ? null : (
                <Badge tone="waiting" className="ml-auto" aria-hidden>
                  {countText(item.waiting)}
                </Badge>
              )}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function RowButton(props: {
  label: string;
  collapsed: boolean;
  onClick: () => void;
  children: React.ReactNode;
}) {
  const button = (
    <button
      type="button"
      onClick={props.onClick}
      aria-label={props.label}
      className={navRowClasses}
    >
      {props.children}
      {props.collapsed ? null : props.label}
    </button>
  );
  if (!props.collapsed) return button;
  return (
    <Tooltip content={props.label} side="right">
      {button}
    </Tooltip>
  );
}
