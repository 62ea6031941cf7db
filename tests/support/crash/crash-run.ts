/**
 * Kills the real server process at random moments under load and checks after every restart that it kept its promises.
 * The moments and the load are drawn from the seed; what happens to be in flight then is up to the machine.
 */
import { setTimeout as pause } from "node:timers/promises";
import { startBackend, type CrashableBackend } from "../start-backend";
import { Auditor } from "./auditor";
import { Findings } from "./findings";
import { Lane, tellNetworkIsBack } from "./lane";
import { bundleApp, startPush, type BundledApp } from "./push";
import { SeededRandom } from "./seeded-random";

const SETTLED_WITHIN_MS = 60_000;
const FIRST_VERSION = "v1";

export type CrashReport = {
  kills: number;
  pushes: number;
  acknowledged: number;
  /** Mutations that a socket had not been answered when the server died, and sent again. */
  sentAgain: number;
  wrong: { kind: string; count: number }[];
  problems: string[];
  /** From the start of the process until it says that it is ready. */
  reopeningMs: number[];
};

export async function crashRepeatedly(options: {
  kills: number;
  seed: number;
  onKill?: (n: number) => void;
}): Promise<CrashReport> {
  const backend = await startBackend();
  try {
    const app = await bundleApp();
    await (
      await startPush(backend, app, FIRST_VERSION)
    )();
    const run = new CrashRun(backend, app, options.seed);
    for (let n = 1; n <= options.kills; n += 1) {
      await run.crash();
      options.onKill?.(n);
    }
    return await run.finish();
  } catch (error) {
    const text = `The run ended early; the backend said:\n${backend.output()}`;
    throw new Error(text, { cause: error });
  } finally {
    await backend.stop();
  }
}

class CrashRun {
  readonly #backend: CrashableBackend;
  readonly #app: BundledApp;
  readonly #random: SeededRandom;
  readonly #findings = new Findings();
  readonly #lanes: readonly Lane[];
  readonly #auditor: Auditor;
  readonly #reopeningMs: number[] = [];
  #version = FIRST_VERSION;
  #kills = 0;
  #pushes = 0;
  #sentAgain = 0;

  constructor(backend: CrashableBackend, app: BundledApp, seed: number) {
    this.#backend = backend;
    this.#app = app;
    this.#random = new SeededRandom(seed);
    this.#lanes = startLanes(backend.url, seed);
    this.#auditor = new Auditor({
      url: backend.url,
      lanes: this.#lanes,
      findings: this.#findings,
    });
  }

  async crash(): Promise<void> {
    const releases = await this.#killAtRandom();
    this.#kills += 1;
    this.#sentAgain += sum(this.#lanes.map((lane) => lane.inDoubt));
    if (this.#random.chance(0.1)) await this.#killWhileOpening();
    const startedAt = performance.now();
    await this.#backend.restart();
    this.#reopeningMs.push(performance.now() - startedAt);
    tellNetworkIsBack();
    this.#version = await this.#auditor.auditRelease(releases);
    await this.#auditor.auditRecent();
  }

  /** Lets everything that is on its way arrive, then looks at all of it. */
  async finish(): Promise<CrashReport> {
    await within(SETTLED_WITHIN_MS, "the last writes were not answered", () =>
      Promise.all(this.#lanes.map((lane) => lane.stop())),
    );
    await this.#untilNothingIsScheduled();
    await this.#auditor.auditEverything();
    for (const lane of this.#lanes) lane.close();
    for (const lane of this.#lanes)
      for (const text of lane.refusals) this.#findings.note("refused", text);
    return {
      kills: this.#kills,
      pushes: this.#pushes,
      acknowledged: sum(
        this.#lanes.map(({ acknowledged }) => acknowledged.size),
      ),
      sentAgain: this.#sentAgain,
      wrong: this.#findings.counts(),
      problems: this.#findings.describe(),
      reopeningMs: this.#reopeningMs,
    };
  }

  /** Returns the versions of which one must be deployed now. */
  async #killAtRandom(): Promise<string[]> {
    if (this.#random.chance(0.2)) return this.#killAroundPush();
    await pause(this.#random.between(20, 1400));
    await this.#backend.kill();
    return [this.#version];
  }

  /** A push is acknowledged by its answer; before that it has happened or not. */
  async #killAroundPush(): Promise<string[]> {
    await pause(this.#random.between(0, 400));
    const next = `v${(this.#pushes += 1) + 1}`;
    const finish = await startPush(this.#backend, this.#app, next);
    const isAcknowledged = finish().then(
      () => true,
      () => false,
    );
    await pause(this.#random.between(0, 80));
    await this.#backend.kill();
    return (await isAcknowledged) ? [next] : [this.#version, next];
  }

  async #killWhileOpening(): Promise<void> {
    const usualMs = this.#reopeningMs.at(-1) ?? 800;
    await this.#backend.startAndKill(this.#random.between(0.4, 1) * usualMs);
    this.#kills += 1;
  }

  async #untilNothingIsScheduled(): Promise<void> {
    const deadline = Date.now() + SETTLED_WITHIN_MS;
    while (Date.now() < deadline) {
      const jobs = await this.#auditor.allJobs();
      const isActive = jobs.some(
        ({ state }) => state === "pending" || state === "inProgress",
      );
      if (!isActive) return;
      await pause(200);
    }
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function startLanes(url: string, seed: number): Lane[] {
  const transports = ["socket", "socket", "socket", "http", "http"] as const;
  return transports.map(
    (transport, index) =>
      new Lane({
        name: `${transport}-${index + 1}`,
        url,
        transport,
        seed: seed + index + 1,
        window: 1 + (index % 3),
      }),
  );
}

async function within(
  ms: number,
  otherwise: string,
  work: () => Promise<unknown>,
): Promise<void> {
  const controller = new AbortController();
  const { signal } = controller;
  const timeout = pause(ms, null, { signal }).then(() => {
    throw new Error(`${otherwise} within ${ms} ms`);
  });
  timeout.catch(() => undefined);
  await Promise.race([work(), timeout]).finally(() => controller.abort());
}
