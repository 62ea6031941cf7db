/** What the frames of pushed modules are named by; see `compiled-module.ts`. */
const PUSHED = "convex:";

/** `error.stack` as user code reads it: frames of pushed modules only, nothing about the host. */
export function installStacks(): void {
  const prepareStackTrace = (
    error: unknown,
    sites: readonly NodeJS.CallSite[],
  ): string => {
    const frames = sites.filter((site) =>
      site.getFileName()?.startsWith(PUSHED),
    );
    return [header(error), ...frames.map(String)].join("\n    at ");
  };
  Object.defineProperty(Error, "prepareStackTrace", {
    get: () => prepareStackTrace,
    // Libraries that set their own must not be handed the host's frames, nor fail.
    set: () => undefined,
    configurable: false,
  });
}

function header(error: unknown): string {
  try {
    return String(error);
  } catch {
    return "<error>";
  }
}
