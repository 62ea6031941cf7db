import { createElement, useEffect, type ReactNode } from "react";
import { createRoot } from "react-dom/client";

/**
 * Runs hooks in the real React without a browser: components that render nothing need no more of a document than that
 * it exists.
 */
export class HookProbe<T> {
  /** What the hook returned, once for every commit. */
  readonly seen: T[] = [];
  readonly #root = createRoot(emptyElement());

  get latest(): T | undefined {
    return this.seen.at(-1);
  }

  /** Renders again with another hook or other arguments; `wrap` gives it its providers. */
  render(hook: () => T, wrap: (child: ReactNode) => ReactNode): void {
    const { seen } = this;
    function Probe(): null {
      const value = hook();
      useEffect(() => {
        seen.push(value);
      });
      return null;
    }
    this.#root.render(wrap(createElement(Probe, { key: "probe" })));
  }

  unmount(): void {
    this.#root.unmount();
  }
}

function emptyElement(): Element {
  const ignore = () => undefined;
  const listening = { addEventListener: ignore, removeEventListener: ignore };
  const document = { nodeType: 9, ...listening };
  const window = { HTMLIFrameElement: class {}, document, ...listening };
  Object.assign(document, { defaultView: window });
  Object.assign(globalThis, { window });
  const name = { nodeName: "DIV", tagName: "DIV" };
  const element = { nodeType: 1, ...name, ownerDocument: document };
  return { ...element, ...listening } as unknown as Element;
}
