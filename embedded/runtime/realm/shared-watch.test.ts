import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Ends only when the process does, by itself; one that never does is not left behind. */
async function play(scenario: string): Promise<unknown[]> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [at("../../run.mjs"), at("./testing/watch-scenarios.ts"), scenario],
    { timeout: 25_000, killSignal: "SIGKILL" },
  );
  return JSON.parse(stdout) as unknown[];
}

const stopped = expect.stringMatching(/^(stopped|starved)$/);

describe.skipIf(process.platform === "win32")(
  "one thread that watches all",
  () => {
    it("stops work that does not end, each time", async () => {
      expect(await play("endless")).toEqual([
        ...Array(5).fill(stopped),
        "whole",
      ]);
    });

    it("wakes up when it has had nothing to watch for long", async () => {
      expect(await play("afterRest")).toEqual([stopped]);
    });

    it("stops what is inside a region whose time is over, and the region", async () => {
      expect(await play("nested")).toEqual([stopped, stopped, "whole"]);
    });

    it("stops a region inside another and lets that go on", async () => {
      expect(await play("shortInner")).toEqual([stopped, "whole"]);
    });

    it("passes on what the work throws", async () => {
      expect(await play("throwing")).toEqual(["Error: of the work", stopped]);
    });

    it("never stops another region than the one that was late", async () => {
      expect(await play("atTheLimit")).toEqual(Array(40).fill("whole"));
    });

    it("tells of a signal from outside, and watches on", async () => {
      expect(await play("interruptedAtRest")).toEqual([
        "interrupt",
        "interrupt",
        stopped,
      ]);
    });

    it("tells of a signal from outside that reaches a region", async () => {
      expect(await play("interruptedInside")).toEqual([false, "interrupt"]);
    });
  },
);
