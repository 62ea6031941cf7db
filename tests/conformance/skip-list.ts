/** What is not asked of a target, by the name of the spec (or of its group) and why. The only place where specs are skipped. */
export type Target = "embedded" | "deployment";
export type Skip = { spec: string; on: readonly Target[]; reason: string };

const NOT_OURS_TO_KILL =
  "the suite can kill and restart only a backend it started itself";

export const SKIPS: readonly Skip[] = [
  {
    spec: "a subscription > continues after the backend was killed, with everything that was acknowledged",
    on: ["deployment"],
    reason: NOT_OURS_TO_KILL,
  },
  {
    spec: "workflow and workpool, when the backend is killed",
    on: ["deployment"],
    reason: NOT_OURS_TO_KILL,
  },
  {
    spec: "what was written before a crash is found after it",
    on: ["deployment"],
    reason: NOT_OURS_TO_KILL,
  },
  {
    spec: "npx convex export and import > move everything into an empty deployment, from one that is being written to",
    on: ["deployment"],
    reason: "it knows all that is in the deployment, which others have used",
  },
  {
    spec: "npx convex export and import > keep what was imported over a restart, and export into a folder",
    on: ["deployment"],
    reason: NOT_OURS_TO_KILL,
  },
  {
    spec: "a push > with a vector index is refused by the names of table and index",
    on: ["deployment"],
    reason: "vector search is not supported here, and is elsewhere",
  },
  {
    spec: "the process",
    on: ["deployment"],
    reason: "about the flags, files and exit codes of our own process",
  },
];

/** Why this spec is skipped on this target; null when it is not. */
export function skipReason(spec: string, target: Target): string | null {
  const found = SKIPS.find(
    (skip) =>
      skip.on.includes(target) &&
      (spec === skip.spec || spec.startsWith(`${skip.spec} > `)),
  );
  return found?.reason ?? null;
}
