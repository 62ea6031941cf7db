import { cronJobs } from "convex/server";
import { internal } from "./_generated/api";

const crons = cronJobs();

crons.interval(
  "fire overdue schedules",
  { minutes: 1 },
  internal.triggerRuns.sweep,
);
crons.interval(
  "recover lost workers",
  { minutes: 1 },
  internal.executor.recovery.sweep,
);
crons.interval(
  "delete what was kept long enough",
  { hours: 1 },
  internal.executor.retention.sweep,
);
crons.interval(
  "audit what is stored",
  { hours: 6 },
  internal.executor.audit.sweep,
);

export default crons;
