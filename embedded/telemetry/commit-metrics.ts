import { Histogram, LATENCY_SECONDS } from "./histogram";

const GROUP_SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

/** What the committer counts: plain numbers, read when somebody asks. */
export class CommitMetrics {
  /** Commits on disk. */
  commits = 0;
  /** Commits that shared one fsync. */
  readonly groupSizes = new Histogram(GROUP_SIZES);
  /** From closing a group to its being on disk. */
  readonly syncSeconds = new Histogram(LATENCY_SECONDS);
  /** Groups that were lost because the disk refused them. */
  failures = 0;
  /** The last such refusal; null again once a group is on disk. */
  lastFailure: Error | null = null;

  stored(commits: number, seconds: number): void {
    this.commits += commits;
    this.groupSizes.observe(commits);
    this.syncSeconds.observe(seconds);
    this.lastFailure = null;
  }

  lost(error: unknown): void {
    this.failures += 1;
    this.lastFailure =
      error instanceof Error ? error : new Error(String(error));
  }
}
