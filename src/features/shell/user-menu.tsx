"use client";

import { useAuthActions } from "@convex-dev/auth/react";
import { CircleUserRound, LogOut } from "lucide-react";
import { useTheme } from "next-themes";
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuLabel,
  DropdownMenuRadioGroup,
  DropdownMenuRadioItem,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
} from "@/components/ui/dropdown-menu";
import { cn } from "@/lib/cn";
import type { Viewer } from "./viewer";
import { navRowClasses } from "./nav-row-classes";

const THEMES = [
  { value: "system", label: "Same as system" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
] as const;

export function UserMenu(props: {
  viewer: Viewer;
  collapsed: boolean;
  className?: string;
}) {
  const name = props.viewer.name || (props.viewer.email ?? "Account");
  return (
    <DropdownMenu>
      <DropdownMenuTrigger
        className={cn(navRowClasses, props.className)}
        aria-label={`Account: ${name}`}
      >
        <CircleUserRound aria-hidden />
        {props.collapsed ? null : <span className="truncate">{name}</span>}
      </DropdownMenuTrigger>
      <DropdownMenuContent align="start" side="top">
        {props.viewer.email ? (
          <DropdownMenuLabel>{props.viewer.email}</DropdownMenuLabel>
        ) : null}
        <ThemeItems />
        <DropdownMenuSeparator />
        <SignOutItem />
      </DropdownMenuContent>
    </DropdownMenu>
  );
}

function ThemeItems() {
  const { theme, setTheme } = useTheme();
  return (
    <>
      <DropdownMenuLabel>Theme</DropdownMenuLabel>
      <DropdownMenuRadioGroup
        value={theme ?? "system"}
        onValueChange={setTheme}
      >
        {THEMES.map(({ value, label }) => (
          <DropdownMenuRadioItem key={value} value={value} className="relative">
            {label}
          </DropdownMenuRadioItem>
        ))}
      </DropdownMenuRadioGroup>
    </>
  );
}

function SignOutItem() {
  const { signOut } = useAuthActions();
  return (
    <DropdownMenuItem onSelect={() => void signOut()}>
      <LogOut aria-hidden />
      Sign out
    </DropdownMenuItem>
  );
}
