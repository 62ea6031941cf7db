import { cronJobs } from "convex/server";
import { internal } from "./_generated/api";

const crons = cronJobs();
const note = (text: string) => ({ run: "crons", text });
crons.interval("every second", { seconds: 1 }, internal.jobs.note, note("s"));
crons.interval("every hour", { hours: 1 }, internal.jobs.note, note("h"));
crons.interval("every minute", { minutes: 1 }, internal.jobs.note, note("m"));
crons.hourly("hourly", { minuteUTC: 59 }, internal.jobs.note, note("hourly"));
crons.daily(
  "daily",
  { hourUTC: 3, minuteUTC: 1 },
  internal.jobs.note,
  note("daily"),
);
crons.weekly(
  "weekly",
  { dayOfWeek: "sunday", hourUTC: 3, minuteUTC: 1 },
  internal.jobs.note,
  note("weekly"),
);
crons.monthly(
  "monthly",
  { day: 1, hourUTC: 3, minuteUTC: 1 },
  internal.jobs.note,
  note("monthly"),
);
crons.cron("cron", "7 3 * jan,jul mon-fri", internal.jobs.note, note("cron"));
crons.interval("failing", { seconds: 1 }, internal.jobs.failing, {
  run: "crons",
});
crons.interval("action", { seconds: 1 }, internal.jobs.noteInAction, {
  run: "crons",
});
export default crons;
