"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import type { Viewer } from "./viewer";
import { countText, isCurrent, navLabel, useNavItems } from "./nav-items";
import { UserMenu } from "./user-menu";

const itemClasses =
  "flex h-14 flex-1 flex-col items-center justify-center gap-0.5 text-2xs text-fg-muted aria-[current=page]:text-link aria-[current=page]:font-semibold [&>svg]:size-5";

export function MobileBar({ viewer }: { viewer: Viewer }) {
  const pathname = usePathname();
  return (
    <nav
      aria-label="Main"
      className="flex shrink-0 border-t border-border bg-subtle pb-[env(safe-area-inset-bottom)] sm:hidden"
    >
      {useNavItems().map((item) => (
        <Link
          key={item.href}
          href={item.href}
          aria-label={navLabel(item)}
          aria-current={isCurrent(item, pathname) ? "page" : undefined}
          className={itemClasses}
        >
          <item.icon aria-hidden />
          {item.waiting === 0
            ? item.label
            : `${item.label} (${countText(item.waiting)})`}
        </Link>
      ))}
      <UserMenu
        viewer={{ ...viewer, name: "Account" }}
        collapsed={false}
        className="h-14 flex-1 flex-col justify-center gap-0.5 text-2xs"
      />
    </nav>
  );
}
