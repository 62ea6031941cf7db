import { cronJobs, makeFunctionReference } from "convex/server";

const crons = cronJobs();
crons.interval(
  "tick",
  { seconds: 1 },
  makeFunctionReference<"mutation", { version: string }>("ledger:tick"),
  { version: "__VERSION__" },
);
export default crons;
