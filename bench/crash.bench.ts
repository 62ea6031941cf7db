/**
 * Kills the backend 200 times under load and checks its promises after each. Ends with an error when any is broken.
 * `CRASH_KILLS` and `CRASH_SEED` change how often and repeat a run.
 */
import { crashRepeatedly } from "../tests/support/crash/crash-run";
import { crashSeed } from "../tests/support/crash/seeded-random";
import { median, report, spreadOf } from "./report";

const topic = "crash";
const kills = Number(process.env["CRASH_KILLS"] ?? 200);

function counted(name: string, value: number, unit: string): void {
  report({ topic, name, value, unit, n: 1, spread: 0 });
}

async function main(): Promise<boolean> {
  const result = await crashRepeatedly({
    kills,
    seed: crashSeed(),
    onKill: (n) => {
      if (n % 50 === 0) console.error(`${n} of ${kills} kills`);
    },
  });
  counted("kills", result.kills, "kills");
  counted("pushes", result.pushes, "pushes");
  counted("acknowledged", result.acknowledged, "mutations");
  counted("sent_again", result.sentAgain, "mutations");
  for (const { kind, count } of result.wrong) counted(kind, count, "found");
  report({
    topic,
    name: "reopening_p50",
    value: median(result.reopeningMs),
    unit: "ms",
    n: result.reopeningMs.length,
    spread: spreadOf(result.reopeningMs),
  });
  counted("reopening_max", Math.max(...result.reopeningMs), "ms");
  for (const problem of result.problems) console.error(problem);
  return result.problems.length === 0;
}

process.exit((await main()) ? 0 : 1);
