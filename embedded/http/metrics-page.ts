/** `GET /metrics`: what the parts have counted, read when it is asked for. */
import { performance } from "node:perf_hooks";
import type { ActionLoad } from "../runtime/types";
import type { SyncLoad } from "../sync/sync-server";
import type { CommitMetrics } from "../telemetry/commit-metrics";
import type { FunctionMetrics } from "../telemetry/function-metrics";
import { PrometheusText, type Sample } from "../telemetry/prometheus-text";

export type MetricsSource = {
  commits: CommitMetrics;
  functions: FunctionMetrics;
  sync: () => SyncLoad;
  actions: () => ActionLoad;
  waitingMutations: () => number;
  jobs: () => { running: number; due: number };
  requestsInFlight: () => number;
  databaseBytes: () => number;
};

export function metricsPage(source: MetricsSource): string {
  const text = new PrometheusText();
  addCommits(text, source.commits);
  addFunctions(text, source.functions);
  addSync(text, source.sync());
  addQueues(text, source);
  addProcess(text, source);
  return text.toString();
}

function addCommits(text: PrometheusText, commits: CommitMetrics): void {
  text
    .counter(
      { name: "backend_commits_total", help: "Commits on disk." },
      commits.commits,
    )
    .counter(
      {
        name: "backend_commit_conflicts_total",
        help: "Mutations run again because another one had written; none while there is one writer.",
      },
      0,
    )
    .counter(
      {
        name: "backend_commit_failures_total",
        help: "Groups of commits that were lost, for instance because the disk was full.",
      },
      commits.failures,
    )
    .histogram(
      {
        name: "backend_commit_group_size",
        help: "Commits that became durable with one fsync.",
      },
      { histogram: commits.groupSizes },
    )
    .histogram(
      {
        name: "backend_commit_sync_seconds",
        help: "Time to bring a group of commits to disk.",
      },
      { histogram: commits.syncSeconds },
    );
}

function addFunctions(text: PrometheusText, functions: FunctionMetrics): void {
  const kinds = Object.entries(functions.kinds).map(([kind, metrics]) => ({
    labels: { kind: kind.toLowerCase() },
    metrics,
  }));
  text
    .histogram(
      {
        name: "backend_function_seconds",
        help: "Executions of functions, by how long they took.",
      },
      ...kinds.map(({ labels, metrics }) => ({
        labels,
        histogram: metrics.seconds,
      })),
    )
    .counter(
      {
        name: "backend_function_errors_total",
        help: "Executions that ended with an error.",
      },
      ...kinds.map(({ labels, metrics }) => ({
        labels,
        value: metrics.errors,
      })),
    );
}

function addSync(text: PrometheusText, sync: SyncLoad): void {
  text
    .gauge(
      { name: "backend_sessions", help: "Open sync connections." },
      sync.sessions,
    )
    .gauge(
      {
        name: "backend_subscriptions",
        help: "Queries that sessions are subscribed to.",
      },
      sync.subscriptions,
    )
    .gauge(
      {
        name: "backend_live_queries",
        help: "Distinct results behind those subscriptions.",
      },
      sync.liveQueries,
    )
    .counter(
      {
        name: "backend_live_query_executions_total",
        help: "Executions of queries for subscriptions.",
      },
      sync.executions,
    )
    .counter(
      {
        name: "backend_live_query_cache_hits_total",
        help: "Results that a subscription took over from another one.",
      },
      sync.cacheHits,
    )
    .gauge(
      {
        name: "backend_sync_unsent_bytes",
        help: "Text that waits for clients to read it.",
      },
      sync.unsentBytes,
    );
}

function addQueues(text: PrometheusText, source: MetricsSource): void {
  const actions = Object.entries(source.actions());
  const byEnvironment = (field: "workers" | "running" | "waiting"): Sample[] =>
    actions.map(([environment, load]) => ({
      labels: { environment },
      value: load[field],
    }));
  const jobs = source.jobs();
  text
    .gauge(
      {
        name: "backend_mutations_waiting",
        help: "Mutations that have not begun.",
      },
      source.waitingMutations(),
    )
    .gauge(
      {
        name: "backend_mutations_unanswered",
        help: "Mutations of sync sessions that wait, run or become durable.",
      },
      source.sync().unansweredMutations,
    )
    .gauge(
      { name: "backend_action_workers", help: "Threads that run actions." },
      ...byEnvironment("workers"),
    )
    .gauge(
      { name: "backend_actions_running", help: "Actions that run." },
      ...byEnvironment("running"),
    )
    .gauge(
      {
        name: "backend_actions_waiting",
        help: "Actions that wait for their turn.",
      },
      ...byEnvironment("waiting"),
    )
    .gauge(
      {
        name: "backend_scheduled_jobs_running",
        help: "Scheduled functions that run.",
      },
      jobs.running,
    )
    .gauge(
      {
        name: "backend_scheduled_jobs_due",
        help: "Scheduled functions that are due and not started, counted up to 1000.",
      },
      jobs.due,
    )
    .gauge(
      {
        name: "backend_http_requests_in_flight",
        help: "HTTP requests that are being answered.",
      },
      source.requestsInFlight(),
    );
}

function addProcess(text: PrometheusText, source: MetricsSource): void {
  const memory = process.memoryUsage();
  const cpu = process.cpuUsage();
  const loop = performance.eventLoopUtilization();
  text
    .gauge(
      {
        name: "backend_database_bytes",
        help: "Size of the database file with its write-ahead log.",
      },
      source.databaseBytes(),
    )
    .gauge(
      {
        name: "process_resident_memory_bytes",
        help: "Resident memory of the process.",
      },
      memory.rss,
    )
    .gauge(
      {
        name: "nodejs_heap_used_bytes",
        help: "JavaScript heap of the main thread.",
      },
      memory.heapUsed,
    )
    .counter(
      {
        name: "process_cpu_seconds_total",
        help: "CPU time of the process, all threads.",
      },
      (cpu.user + cpu.system) / 1e6,
    )
    .counter(
      {
        name: "backend_event_loop_busy_seconds_total",
        help: "Time in which the main thread was not waiting.",
      },
      loop.active / 1000,
    )
    .gauge(
      {
        name: "process_start_time_seconds",
        help: "When the process started, in seconds since the epoch.",
      },
      performance.timeOrigin / 1000,
    );
}
