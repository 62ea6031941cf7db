/** When a cron job fires, from the schedule that `crons.js` exports. All times are UTC, in milliseconds. */
import { CronExpressionParser } from "cron-parser";
import type { JSONValue } from "convex/values";
import { BackendError } from "../database/backend-error";

const DAYS = [
  "sunday",
  "monday",
  "tuesday",
  "wednesday",
  "thursday",
  "friday",
  "saturday",
] as const;

export type CronSchedule =
  | { type: "interval"; seconds?: number; minutes?: number; hours?: number }
  | { type: "hourly"; minuteUTC?: number }
  | { type: "daily"; hourUTC: number; minuteUTC?: number }
  | {
      type: "weekly";
      dayOfWeek: (typeof DAYS)[number];
      hourUTC: number;
      minuteUTC?: number;
    }
  | { type: "monthly"; day: number; hourUTC: number; minuteUTC?: number }
  | { type: "cron"; cron: string };

export type CronSpec = {
  name: string;
  args: JSONValue[];
  schedule: CronSchedule;
};

/** An interval fires at once; everything else at its next occurrence. */
export function firstFireTime(schedule: CronSchedule, nowMs: number): number {
  return schedule.type === "interval"
    ? nowMs
    : nextFireTime(schedule, nowMs, nowMs);
}

/** The first occurrence after `nowMs`, counted from `previousMs`; what passed in between is skipped. */
export function nextFireTime(
  schedule: CronSchedule,
  previousMs: number,
  nowMs: number,
): number {
  if (schedule.type !== "interval") return nextOccurrence(schedule, nowMs);
  const every = intervalMs(schedule);
  const passed = Math.max(0, Math.floor((nowMs - previousMs) / every));
  return previousMs + (passed + 1) * every;
}

/** Throws `BackendError` with Convex's text when the schedule makes no sense. */
export function checkSchedule(
  identifier: string,
  schedule: CronSchedule,
): void {
  try {
    nextFireTime(schedule, 0, 0);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BackendError(
      "InvalidCronSpec",
      `The schedule of cron job "${identifier}" is not valid: ${reason}`,
    );
  }
}

function nextOccurrence(
  schedule: Exclude<CronSchedule, { type: "interval" }>,
  nowMs: number,
): number {
  const expression = CronExpressionParser.parse(cronText(schedule), {
    currentDate: new Date(nowMs),
    tz: "UTC",
  });
  return expression.next().getTime();
}

function intervalMs(
  schedule: Extract<CronSchedule, { type: "interval" }>,
): number {
  const given = [
    [schedule.seconds, 1_000],
    [schedule.minutes, 60_000],
    [schedule.hours, 3_600_000],
  ].flatMap(([count, unit]) =>
    count === undefined || unit === undefined ? [] : [{ count, unit }],
  );
  const [only] = given;
  if (given.length !== 1 || only === undefined) {
    throw new Error(
      "Exactly one of (seconds, minutes, hours) should be specified",
    );
  }
  if (!Number.isInteger(only.count) || only.count <= 0) {
    throw new Error("Interval must be an integer greater than 0");
  }
  return only.count * only.unit;
}

function cronText(
  schedule: Exclude<CronSchedule, { type: "interval" }>,
): string {
  switch (schedule.type) {
    case "cron":
      return fiveFields(schedule.cron);
    case "hourly":
      return `${minute(schedule)} * * * *`;
    case "daily":
      return `${minute(schedule)} ${hour(schedule)} * * *`;
    case "weekly":
      return `${minute(schedule)} ${hour(schedule)} * * ${DAYS.indexOf(schedule.dayOfWeek)}`;
    case "monthly":
      return `${minute(schedule)} ${hour(schedule)} ${schedule.day} * *`;
  }
}

function fiveFields(cron: string): string {
  const fields = cron.trim().split(/\s+/);
  if (fields.length === 5) return fields.join(" ");
  throw new Error(`"${cron}" must have five fields`);
}

function minute(schedule: { type: string; minuteUTC?: number }): number {
  return within(
    schedule.minuteUTC ?? 0,
    59,
    `minuteUTC must be 0-59 in ${schedule.type}`,
  );
}

function hour(schedule: { type: string; hourUTC: number }): number {
  return within(
    schedule.hourUTC,
    23,
    `hourUTC must be 0-23 in ${schedule.type}`,
  );
}

function within(value: number, max: number, problem: string): number {
  if (Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw new Error(problem);
}
