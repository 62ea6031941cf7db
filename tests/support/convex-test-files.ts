/** Files in mutations, which Convex has since 1.48 and `convex-test` 0.0.60 has only in actions: by what it has there. */

type Platform = {
  readonly syscall: unknown;
  readonly asyncSyscall: (op: string, args: string) => Promise<string>;
  readonly jsSyscall: (
    op: string,
    args: Record<string, unknown>,
  ) => Promise<unknown>;
};

/** After each `convexTest()`, which puts its own platform there. */
export function allowFilesInMutations(): void {
  // What the functions of Convex call; no package declares it.
  const global = globalThis as unknown as { Convex: Platform };
  const platform = global.Convex;
  global.Convex = {
    get syscall() {
      return platform.syscall;
    },
    get jsSyscall() {
      return platform.jsSyscall;
    },
    get asyncSyscall() {
      return (op: string, args: string) => answer(platform, op, args);
    },
  };
}

async function answer(
  platform: Platform,
  op: string,
  text: string,
): Promise<string> {
  switch (op) {
    case "1.0/storageStore":
      return await store(platform, JSON.parse(text) as StoreArgs);
    case "1.0/storageGet":
      return await get(platform, JSON.parse(text) as { storageId: string });
    default:
      return await platform.asyncSyscall(op, text);
  }
}

type StoreArgs = { blob: string; contentType: string };

async function store(
  { jsSyscall }: Platform,
  { blob, contentType }: StoreArgs,
): Promise<string> {
  const bytes = Buffer.from(blob, "base64");
  const file = new Blob([bytes], { type: contentType });
  return JSON.stringify(await jsSyscall("storage/storeBlob", { blob: file }));
}

async function get(
  { jsSyscall }: Platform,
  { storageId }: { storageId: string },
): Promise<string> {
  const file = await jsSyscall("storage/getBlob", { storageId });
  if (!(file instanceof Blob)) return "null";
  const blob = Buffer.from(await file.arrayBuffer()).toString("base64");
  return JSON.stringify({ blob, contentType: file.type });
}
