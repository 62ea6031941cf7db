/** Reads the deployment through its public queries and notes every invariant that does not hold. */
import { ConvexHttpClient } from "convex/browser";
import type { FunctionReturnType } from "convex/server";
import { api } from "./app/api";
import type { Findings } from "./findings";
import type { Lane } from "./lane";
import {
  auditCompleteness,
  auditEntries,
  snapshotOf,
  type LaneSnapshot,
} from "./lane-audit";

/** Entries older than this are looked at again only in the end. */
const RECENT = 400;
const ENTRIES_AT_ONCE = 300;
const STAMPS_AT_ONCE = 2000;
const JOBS_AT_ONCE = 1000;
const INTERRUPTED = "Transient error while executing action";

type Job = FunctionReturnType<typeof api.audit.jobs>["page"][number];
type Stamp = FunctionReturnType<typeof api.audit.stamps>[number];

export class Auditor {
  readonly #url: string;
  readonly #client: ConvexHttpClient;
  readonly #lanes: readonly Lane[];
  readonly #findings: Findings;
  #newestTs = 0n;
  #lastStamp: Stamp | null = null;

  constructor(options: {
    url: string;
    lanes: readonly Lane[];
    findings: Findings;
  }) {
    this.#url = options.url;
    this.#client = new ConvexHttpClient(options.url, { logger: false });
    this.#lanes = options.lanes;
    this.#findings = options.findings;
  }

  /** After a restart, while the load goes on. */
  async auditRecent(): Promise<void> {
    await this.#auditTimestamp();
    for (const lane of this.#lanes.map(snapshotOf))
      await this.#auditLane(lane, Math.max(0, lane.entries.length - RECENT));
    await this.#auditStamps();
  }

  /** When the load has ended. */
  async auditEverything(): Promise<void> {
    await this.#auditTimestamp();
    const jobs = await this.allJobs();
    for (const lane of this.#lanes.map(snapshotOf)) {
      await this.#auditLane(lane, 0, auditCompleteness);
      await this.#auditActions(lane, jobs);
    }
    await this.#auditStamps();
    await this.#auditJobs(jobs);
  }

  /** The version that is deployed; a torn push is noted. */
  async auditRelease(expected: readonly string[]): Promise<string> {
    const versions = [
      await this.#client.query(api.audit.version, {}),
      await this.#client.query(api.release.current, {}).catch(String),
    ];
    const [version = ""] = versions;
    if (versions[1] !== version || !expected.includes(version)) {
      const text = `${versions.join(" and ")} instead of ${expected.join(" or ")}`;
      this.#findings.note("torn_pushes", text);
    }
    return version;
  }

  async allJobs(): Promise<Job[]> {
    const jobs: Job[] = [];
    for (let cursor: string | null = null; ;) {
      const paginationOpts = { numItems: JOBS_AT_ONCE, cursor };
      const result: FunctionReturnType<typeof api.audit.jobs> =
        await this.#client.query(api.audit.jobs, { paginationOpts });
      jobs.push(...result.page);
      if (result.isDone) return jobs;
      cursor = result.continueCursor;
    }
  }

  async #auditTimestamp(): Promise<void> {
    const response = await fetch(`${this.#url}/api/query_ts`, {
      method: "POST",
    });
    const { ts } = (await response.json()) as { ts: string };
    const now = Buffer.from(ts, "base64").readBigUInt64LE();
    if (now < this.#newestTs)
      this.#regression(`the newest commit was ${this.#newestTs}, now ${now}`);
    this.#newestTs = now;
  }

  async #auditLane(
    lane: LaneSnapshot,
    start: number,
    alsoBy?: typeof auditEntries,
  ): Promise<void> {
    for (let at = start; at < lane.entries.length; at += ENTRIES_AT_ONCE) {
      const entries = lane.entries.slice(at, at + ENTRIES_AT_ONCE);
      const traces = await this.#client.query(api.audit.traces, {
        lane: lane.name,
        from: at + 1,
        to: at + entries.length,
      });
      const found = { traces, findings: this.#findings };
      auditEntries(lane, entries, found);
      alsoBy?.(lane, entries, found);
    }
  }

  /** The writes since the last time, beginning with the last one known: it must still be the same. */
  async #auditStamps(): Promise<void> {
    for (;;) {
      const after = (this.#lastStamp?.order ?? 1) - 1;
      const limit = STAMPS_AT_ONCE;
      const page = await this.#client.query(api.audit.stamps, { after, limit });
      for (const stamp of page) this.#auditStamp(stamp);
      if (page.length < limit) return;
    }
  }

  #auditStamp(stamp: Stamp): void {
    const last = this.#lastStamp;
    this.#lastStamp = stamp;
    if (last === null) return;
    const { order, committedAt, createdAt } = stamp;
    if (order === last.order) {
      if (committedAt !== last.committedAt)
        this.#findings.note("lost", `write ${order} is another one now`);
    } else if (order !== last.order + 1)
      this.#findings.note("halves", `write ${order} follows ${last.order}`);
    else if (committedAt <= last.committedAt || createdAt <= last.createdAt)
      this.#regression(
        `write ${order} at ${committedAt} (${createdAt}) after ${last.committedAt} (${last.createdAt})`,
      );
  }

  async #auditJobs(jobs: readonly Job[]): Promise<void> {
    for (const { name, args, state, error } of jobs) {
      if (state === "success") continue;
      if (state === "failed" && error === INTERRUPTED && isAct(name)) continue;
      const text = `${name} ${args.lane} ${args.n} is ${state}: ${error}`;
      if (!isTick(name)) this.#findings.note("scheduled_missed", text);
    }
    const ended = jobs.filter((job) => isTick(job.name) && isSuccess(job));
    const rows = await this.#client.query(api.audit.tickCount, {});
    const inMotion = jobs.filter(({ name }) => isTick(name)).length;
    if (rows < ended.length)
      this.#findings.note("scheduled_missed", `${rows} ticks of ${inMotion}`);
  }

  /** An action that ended well has left its trace; one that was interrupted may have. */
  async #auditActions(lane: LaneSnapshot, jobs: readonly Job[]): Promise<void> {
    const ended = jobs.filter(
      (job) => isAct(job.name) && isSuccess(job) && job.args.lane === lane.name,
    );
    for (const { args } of ended) {
      const n = args.n ?? 0;
      const range = { lane: lane.name, from: n, to: n };
      const { deeds } = await this.#client.query(api.audit.traces, range);
      if (deeds.length === 0)
        this.#findings.note(
          "scheduled_missed",
          `${lane.name} ${n}: its action left nothing`,
        );
    }
  }

  #regression(text: string): void {
    this.#findings.note("timestamp_regressions", text);
  }
}

const isAct = (name: string) => name === "ledger.js:act";
const isTick = (name: string) => name === "ledger.js:tick";
const isSuccess = (job: Job) => job.state === "success";
