/** A process of its own for `shared-watch.test.ts`: plays one scenario and prints what happened. */
import { setTimeout as sleep } from "node:timers/promises";
import { runWatched, watchFromOneThread } from "../watchdog";

const happened: unknown[] = [];

function endless(): never {
  for (;;);
}

function spin(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

const scenarios: { [name: string]: () => Promise<void> | void } = {
  endless() {
    for (let i = 0; i < 5; i++) happened.push(runWatched(endless, 50));
    happened.push(runWatched(() => undefined, 50));
  },
  async afterRest() {
    await sleep(1500);
    happened.push(runWatched(endless, 50));
  },
  nested() {
    const outer = runWatched(() => {
      happened.push(runWatched(endless, 60_000));
      endless();
    }, 50);
    happened.push(
      outer,
      runWatched(() => undefined, 50),
    );
  },
  shortInner() {
    const outer = runWatched(() => {
      happened.push(runWatched(endless, 50));
    }, 60_000);
    happened.push(outer);
  },
  throwing() {
    try {
      runWatched(() => {
        throw new Error("of the work");
      }, 50);
    } catch (error) {
      happened.push(String(error));
    }
    happened.push(runWatched(endless, 50));
  },
  /** Regions that end when they are about to be stopped; what follows is not stopped in their place. */
  atTheLimit() {
    for (let i = 0; i < 40; i++) {
      runWatched(() => spin(10 + i), 30);
      happened.push(runWatched(() => spin(5), 60_000));
    }
  },
  async interruptedAtRest() {
    process.kill(process.pid, "SIGINT");
    await sleep(500);
    process.kill(process.pid, "SIGINT");
    await sleep(500);
    happened.push(runWatched(endless, 50));
  },
  async interruptedInside() {
    const end = runWatched(() => {
      process.kill(process.pid, "SIGINT");
      endless();
    }, 60_000);
    happened.push(end === "whole");
    await sleep(100);
  },
};

await watchFromOneThread(() => happened.push("interrupt"));
await scenarios[process.argv[2] ?? ""]?.();
process.stdout.write(`${JSON.stringify(happened)}\n`);
