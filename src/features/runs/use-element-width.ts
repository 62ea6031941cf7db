import { useEffect, useState } from "react";

/** The width of an element, kept up to date. */
export function useElementWidth(): [
  (element: HTMLElement | null) => void,
  number,
] {
  const [element, setElement] = useState<HTMLElement | null>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (element === null) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, [element]);
  return [setElement, width];
}
