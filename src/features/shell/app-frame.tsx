"use client";

import { useRouter } from "next/navigation";
import { useState, type ReactNode } from "react";
import { ConnectionBanner } from "./connection";
import { MobileBar } from "./mobile-bar";
import { Sidebar } from "./sidebar";
import { SIDEBAR_COOKIE } from "./sidebar-cookie";
import { useShortcut } from "./shortcuts-provider";
import { useFocusHeading } from "./use-focus-heading";
import { useWorkspace } from "./workspace";
import type { Viewer } from "./viewer";

const YEAR_IN_SECONDS = 31_536_000;

export function AppFrame(props: {
  viewer: Viewer;
  collapsed: boolean;
  children: ReactNode;
}) {
  const { collapsed, toggle } = useCollapsed(props.collapsed);
  useFocusHeading();
  useGoTo();
  return (
    <div className="flex h-dvh flex-col sm:flex-row">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-md focus:bg-primary focus:px-3 focus:py-2 focus:text-on-primary"
      >
        Skip to content
      </a>
      <Sidebar viewer={props.viewer} collapsed={collapsed} onToggle={toggle} />
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">
        <ConnectionBanner />
        <main
          id="main"
          tabIndex={-1}
          className="min-h-0 flex-1 overflow-y-auto"
        >
          {props.children}
        </main>
      </div>
      <MobileBar viewer={props.viewer} />
    </div>
  );
}

/** Kept in a cookie so that the server draws the side bar at its final width. */
function useCollapsed(initial: boolean) {
  const [collapsed, setCollapsed] = useState(initial);
  const toggle = () => {
    const next = !collapsed;
    setCollapsed(next);
    document.cookie = `${SIDEBAR_COOKIE}=${next ? "collapsed" : "open"}; path=/; max-age=${YEAR_IN_SECONDS}; samesite=lax`;
  };
  useShortcut("toggle-sidebar", toggle);
  return { collapsed, toggle };
}

function useGoTo() {
  const router = useRouter();
  const { slug } = useWorkspace();
  useShortcut("go-workflows", () => router.push(`/${slug}/workflows`));
  useShortcut("go-runs", () => router.push(`/${slug}/runs`));
  useShortcut("go-approvals", () => router.push(`/${slug}/approvals`));
  useShortcut("go-settings", () => router.push(`/${slug}/settings/general`));
}
