import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DraftSession, type LocalDraft } from "./draft-session";

type Save = (source: string) => Promise<{ savedAt: number }>;

function setup(options: { local?: LocalDraft; save?: Save } = {}) {
  const world = {
    local: options.local ?? null,
    saves: [] as string[],
    clock: 100,
  };
  const save: Save = async (source) => {
    world.saves.push(source);
    if (options.save) return options.save(source);
    return { savedAt: ++world.clock };
  };
  const session = new DraftSession(
    { source: "one", savedAt: 100 },
    {
      save,
      describeError: (error) => String(error),
      readLocal: () => world.local,
      writeLocal: (draft) => {
        world.local = draft;
      },
      delayMs: 800,
    },
  );
  return { session, world };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("DraftSession", () => {
  it("saves once, 800 ms after the last edit", async () => {
    const { session, world } = setup();
    session.edit("two");
    await vi.advanceTimersByTimeAsync(700);
    session.edit("three");
    await vi.advanceTimersByTimeAsync(799);
    expect(world.saves).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(world.saves).toEqual(["three"]);
    expect(session.getSnapshot().status).toEqual({ kind: "saved", at: 101 });
  });

  it("keeps a copy on this device until the server has the text", async () => {
    const { session, world } = setup();
    session.edit("two");
    expect(world.local).toEqual({ source: "two", base: 100 });
    await session.flush();
    expect(world.local).toBeNull();
  });

  it("saves again when the text changes while a save is on its way", async () => {
    const { session, world } = setup();
    session.edit("two");
    const flushed = session.flush();
    session.edit("three");
    expect(await flushed).toBe(true);
    expect(world.saves).toEqual(["two", "three"]);
    expect(session.getSnapshot().status.kind).toBe("saved");
  });

  it("reports a failed save and keeps the text", async () => {
    const { session, world } = setup({
      save: () => Promise.reject(new Error("no")),
    });
    session.edit("two");
    expect(await session.flush()).toBe(false);
    expect(session.getSnapshot()).toMatchObject({
      source: "two",
      status: { kind: "failed", message: "Error: no" },
    });
    expect(world.local?.source).toBe("two");
  });

  it("restores what this device kept on top of the same draft", async () => {
    const { session, world } = setup({ local: { source: "mine", base: 100 } });
    expect(session.getSnapshot().source).toBe("mine");
    await vi.advanceTimersByTimeAsync(800);
    expect(world.saves).toEqual(["mine"]);
  });

  it("asks when the saved draft moved on meanwhile, and keeps mine", async () => {
    const { session, world } = setup({ local: { source: "mine", base: 50 } });
    expect(session.getSnapshot()).toMatchObject({
      source: "one",
      conflict: "mine",
    });
    session.resolveConflict("mine");
    await session.flush();
    expect(world.saves).toEqual(["mine"]);
    expect(session.getSnapshot().conflict).toBeNull();
  });

  it("forgets the local copy when the saved draft is chosen", () => {
    const { session, world } = setup({ local: { source: "mine", base: 50 } });
    session.resolveConflict("saved");
    expect(world.local).toBeNull();
    expect(session.getSnapshot()).toMatchObject({
      source: "one",
      conflict: null,
    });
  });

  it("takes over a newer draft from elsewhere, but never over unsaved text", () => {
    const { session } = setup();
    session.receive({ source: "theirs", savedAt: 200 });
    expect(session.getSnapshot().source).toBe("theirs");
    session.edit("mine");
    session.receive({ source: "theirs again", savedAt: 300 });
    expect(session.getSnapshot().source).toBe("mine");
  });

  it("ignores an echo of an older save", async () => {
    const { session } = setup();
    session.edit("two");
    await session.flush();
    session.receive({ source: "one", savedAt: 100 });
    expect(session.getSnapshot().source).toBe("two");
  });
});
