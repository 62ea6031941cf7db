import { usePathname } from "next/navigation";
import { useEffect, useRef } from "react";

/** After a route change focus goes to the page's heading, so that a screen reader says where it is. */
export function useFocusHeading(): void {
  const pathname = usePathname();
  const previous = useRef(pathname);
  useEffect(() => {
    if (previous.current === pathname) return;
    previous.current = pathname;
    const target =
      document.querySelector<HTMLElement>("#main h1") ??
      document.getElementById("main");
    if (!target) return;
    target.tabIndex = -1;
    target.focus({ preventScroll: true });
  }, [pathname]);
}
