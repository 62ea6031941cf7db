import { describe, expect, it } from "vitest";
import { fresh, pause, until, type Calls } from "../calls";
import { eventsOf } from "./events";

type Schedule =
  | { kind: "interval"; ms: number }
  | { kind: "cron"; cronspec: string; tz?: string };

export function cronsSuite(calls: () => Calls): void {
  const register = (name: string, schedule: Schedule) =>
    calls().mutation<string>("schedules:register", { name, schedule });
  const remove = (name: string) =>
    calls().mutation("schedules:remove", { name });
  const list = () => calls().query<string[]>("schedules:list");
  const ticks = (name: string) => eventsOf(calls(), name, "tick");

  describe.concurrent("crons registered at run time", () => {
    it("fire at an interval until they are deleted", async () => {
      const name = fresh("interval");
      const id = await register(name, { kind: "interval", ms: 1_000 });
      expect(await list()).toContain(name);
      expect(await calls().query("schedules:get", { name })).toMatchObject({
        id,
        schedule: { kind: "interval", ms: 1_000 },
      });
      const fired = await until(
        () => ticks(name),
        ({ length }) => length >= 2,
      );
      const [first, second] = fired.map(({ at }) => at);
      expect((second ?? 0) - (first ?? 0)).toBeGreaterThan(400);
      await remove(name);
      expect(await calls().query("schedules:get", { name })).toBeNull();
      // One that was already on its way may still arrive.
      await pause(1_000);
      const { length } = await ticks(name);
      await pause(1_500);
      expect(await ticks(name)).toHaveLength(length);
    });
    it("fire by a cron string with seconds, in a time zone", async () => {
      const name = fresh("cron");
      await register(name, {
        kind: "cron",
        cronspec: "* * * * * *",
        tz: "America/New_York",
      });
      await until(
        () => ticks(name),
        ({ length }) => length >= 2,
      );
      await remove(name);
    });
    it("refuse a name twice, a nonsense string and an interval under a second", async () => {
      const name = fresh("twice");
      const hourly: Schedule = { kind: "cron", cronspec: "0 * * * *" };
      await register(name, hourly);
      await expect(register(name, hourly)).rejects.toThrow(/already exists/);
      await remove(name);
      await expect(
        register(fresh("bad"), { kind: "cron", cronspec: "nonsense" }),
      ).rejects.toThrow(/Invalid cronspec/);
      await expect(
        register(fresh("bad"), { kind: "interval", ms: 10 }),
      ).rejects.toThrow(/1000ms/);
    });
  });
}
