/** What tests of the executor do not ask of `convex-test`, and why. The only place where they are skipped there. */
export interface Skip {
  /** Below `convex/executor`. */
  file: string;
  /** What the name of a test or of a group begins with; null: the whole file. */
  test: string | null;
  reason: string;
}

const NO_PROCESS =
  "kills the process of a deployment, which convex-test has none of";
const NO_DEPLOYMENT =
  "a program asks a deployment by its address, which convex-test has none of";
const NO_INDEXES =
  "convex-test goes through a whole table for each query: with thousands of rows this takes minutes";
const NO_MONTHS =
  "convex-test does what was due when the clock has gone by, so months passed at once end what slept today; and what is scheduled for later than 24 days fires at once";
const CLOCK_GOES_ON =
  "the clock of convex-test goes on inside functions, so a busy machine runs into the time that an evaluation, a turn or a rate has";
const NO_HOURS =
  "an hour that passes takes a minute, as each of its jobs goes through whole tables";
const NOT_UNDERSTOOD =
  "convex-test still finds the row that the test has deleted; why is not understood";
const COSTS =
  "counts what a function read and wrote, from the report of a deployment";
const NO_LARGE_VALUES =
  "convex-test goes through every value again and again: with 16 MiB this takes minutes";
const PURE = "pure: it stands on no backend at all";

export const SKIPS: readonly Skip[] = [
  { file: "flow/backoff.test.ts", test: null, reason: PURE },
  { file: "flow/deadlines.test.ts", test: null, reason: PURE },
  { file: "flow/keys.test.ts", test: null, reason: PURE },
  { file: "flow/transitions.test.ts", test: null, reason: PURE },
  { file: "replay/replayPath.test.ts", test: null, reason: PURE },
  { file: "turnCost.test.ts", test: null, reason: COSTS },
  { file: "startCost.test.ts", test: null, reason: COSTS },
  { file: "flow/states.test.ts", test: null, reason: NO_HOURS },
  { file: "interleaving.test.ts", test: null, reason: NO_HOURS },
  { file: "flowModel.test.ts", test: null, reason: NO_INDEXES },
  { file: "retention.test.ts", test: null, reason: NO_MONTHS },
  { file: "retentionSequences.test.ts", test: null, reason: NO_MONTHS },
  { file: "recovery.test.ts", test: null, reason: NO_PROCESS },
  { file: "auditCommand.test.ts", test: null, reason: NO_DEPLOYMENT },
  { file: "replayCrash.test.ts", test: null, reason: NO_PROCESS },
  { file: "childRunCrash.test.ts", test: null, reason: NO_PROCESS },
  { file: "largePayloads.test.ts", test: null, reason: NO_LARGE_VALUES },
  { file: "largeReports.test.ts", test: null, reason: NO_LARGE_VALUES },
  {
    file: "repairs.test.ts",
    test: "what was active in a run that has ended",
    reason: NO_INDEXES,
  },
  {
    file: "manySleepers.test.ts",
    test: "is found to be so by the audit",
    reason: NO_INDEXES,
  },
  {
    file: "replayPreparation.test.ts",
    test: "preparing a run that reuses much",
    reason: NO_INDEXES,
  },
  {
    file: "onFailure.test.ts",
    test: "goes on with onFailure after the process was killed",
    reason: NO_PROCESS,
  },
  {
    file: "onFailure.test.ts",
    test: "cuts off more than one transaction ends before it begins",
    reason: NO_INDEXES,
  },
  {
    file: "badInput.test.ts",
    test: "over 100,001 items",
    reason: CLOCK_GOES_ON,
  },
  {
    file: "loopFailures.test.ts",
    test: "over 100,001 items",
    reason: CLOCK_GOES_ON,
  },
  {
    file: "loops.test.ts",
    test: "over 500 items calls each once",
    reason: NO_INDEXES,
  },
  {
    file: "loopFailures.test.ts",
    test: "whose results are too large together",
    reason: NO_INDEXES,
  },
  {
    file: "loopFailures.test.ts",
    test: "that failed starts nothing more",
    reason: CLOCK_GOES_ON,
  },
  {
    file: "loops.test.ts",
    test: "with a wide window and slow names",
    reason: CLOCK_GOES_ON,
  },
  {
    file: "branches.test.ts",
    test: "of more pure work than a turn takes",
    reason: NO_INDEXES,
  },
  {
    file: "timeouts.test.ts",
    test: "is cancelled to the last step",
    reason: NO_INDEXES,
  },
  {
    file: "fences.test.ts",
    test: "closes what waits, ends what runs",
    reason: NO_HOURS,
  },
  {
    file: "badRequests.test.ts",
    test: "is not replayed on its current version",
    reason: CLOCK_GOES_ON,
  },
  {
    file: "queueRepairs.test.ts",
    test: "goes on after the timer for its rate was lost",
    reason: CLOCK_GOES_ON,
  },
  {
    file: "audit.test.ts",
    test: "is found by its name: an approval that nobody is asked for",
    reason: NOT_UNDERSTOOD,
  },
];

export const SKIPPED_FILES = SKIPS.filter(({ test }) => test === null).map(
  ({ file }) => `convex/executor/${file}`,
);

/** Why this test is skipped; null when it is not. `name` has the groups around it. */
export function skipReason(file: string, name: string): string | null {
  const found = SKIPS.find(
    (skip) =>
      file.endsWith(`/${skip.file}`) &&
      (skip.test === null || ` > ${name}`.includes(` > ${skip.test}`)),
  );
  return found?.reason ?? null;
}
