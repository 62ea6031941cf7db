/**
 * When a cron expression fires. Daylight saving: a time that does not exist fires at the next instant that does; one
 * that exists twice fires once, unless the expression names every hour.
 */
import { CronExpressionParser } from "cron-parser";
import { Zone } from "./zonedTime";

export type Schedule = { cron: string; timeZone: string };

export type NextTimes =
  { kind: "ok"; times: number[] } | { kind: "invalid"; message: string };

const FIVE_FIELDS = ["minute", "hour", "day of month", "month", "day of week"];
const MAX_LENGTH = 200;

/** The next `count` instants after `after`, in milliseconds; fewer when there are no more. */
export function nextTimes(
  schedule: Schedule,
  { after, count }: { after: number; count: number },
): NextTimes {
  const problem = problemOf(schedule);
  if (problem !== null) return { kind: "invalid", message: problem };
  const times = timesOf(schedule, after, count);
  return times.length > 0
    ? { kind: "ok", times }
    : { kind: "invalid", message: "This schedule never fires." };
}

/** Null when there is none. */
export function nextTime(schedule: Schedule, after: number): number | null {
  const next = nextTimes(schedule, { after, count: 1 });
  return next.kind === "ok" ? (next.times[0] ?? null) : null;
}

function timesOf(
  { cron, timeZone }: Schedule,
  after: number,
  count: number,
): number[] {
  const zone = new Zone(timeZone);
  const next = namesEveryHour(cron) ? nextInSpan : nextOnClock;
  const times: number[] = [];
  while (times.length < count) {
    const time = next(cron.trim(), zone, times.at(-1) ?? after);
    if (time === null) break;
    times.push(time);
  }
  return times;
}

function namesEveryHour(cron: string): boolean {
  return cron.trim().split(/\s+/).at(-4) === "*";
}

/** By the clock on the wall: each time it shows counts once. */
function nextOnClock(cron: string, zone: Zone, after: number): number | null {
  let wall = nextWall(cron, after + zone.offsetAt(after));
  while (wall !== null) {
    const time = zone.instantOf(wall);
    if (time > after) return time;
    wall = nextWall(cron, wall);
  }
  return null;
}

/** By time that passes: an hour that the clock shows twice counts twice, one that it leaves out not at all. */
function nextInSpan(cron: string, zone: Zone, after: number): number | null {
  const offset = zone.offsetAt(after);
  const wall = nextWall(cron, after + offset);
  if (wall === null) return null;
  const time = wall - offset;
  if (zone.offsetAt(time) === offset) return time;
  const change = zone.changeBetween(after, time);
  const changed = zone.offsetAt(change);
  const first = nextWall(cron, change - 1 + changed);
  return first === null ? null : first - changed;
}

/** Calculated in UTC, where every time exists once; null when a date such as 30 February never comes. */
function nextWall(cron: string, after: number): number | null {
  try {
    const options = { currentDate: after, tz: "UTC" };
    return CronExpressionParser.parse(cron, options).next().getTime();
  } catch {
    return null;
  }
}

function problemOf({ cron, timeZone }: Schedule): string | null {
  if (!isTimeZone(timeZone))
    return `"${timeZone}" is not a time zone; write one such as Europe/Berlin or UTC.`;
  const fields = cron.trim().split(/\s+/).filter(Boolean);
  if (cron.length > MAX_LENGTH) return "The expression is too long.";
  if (fields.length !== 5 && fields.length !== 6)
    return `A cron expression has five fields (${FIVE_FIELDS.join(", ")}), or six with seconds first; this one has ${fields.length}.`;
  return fieldProblem(fields);
}

/** Each field is parsed alone, so that the message names the one that is wrong. */
function fieldProblem(fields: string[]): string | null {
  const names = fields.length === 6 ? ["second", ...FIVE_FIELDS] : FIVE_FIELDS;
  for (const [index, field] of fields.entries()) {
    const alone = names.map((_, at) => (at === index ? field : "*")).join(" ");
    const reason = parseProblem(alone);
    if (reason !== null)
      return `The ${names[index]} field "${field}" is not valid: ${reason}`;
  }
  return parseProblem(fields.join(" "));
}

function parseProblem(cron: string): string | null {
  // "H" picks a time at random, which would differ at each parse.
  if (/(^|[\s,])H\b/.test(cron)) return "H is not supported.";
  try {
    CronExpressionParser.parse(cron);
    return null;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return `${message.replace(/\.$/, "")}.`;
  }
}

function isTimeZone(timeZone: string): boolean {
  try {
    new Zone(timeZone);
    return !/^[+-]/.test(timeZone);
  } catch {
    return false;
  }
}
