/** What one transaction of a pass may do, and what the pass has done so far. */
import type { Doc } from "../../_generated/dataModel";
import type { Finding, Place } from "../../validators/upkeep";

const MAX_ROWS = 500;
const MAX_CHARS = 4 * 1024 * 1024;
const MAX_MS = 100;

export class Portion {
  readonly now: number;
  readonly counts: Record<string, number>;
  /** Stored files that are older have been looked at. */
  filesSeen: number;
  readonly findings: Finding[] = [];
  readonly #started = performance.now();
  #rows = 0;
  #chars = 0;

  constructor(
    now: number,
    { counts, filesSeen }: Pick<Doc<"passes">, "counts" | "filesSeen">,
  ) {
    this.now = now;
    this.counts = { ...counts };
    this.filesSeen = filesSeen;
  }

  /** The rest is for further transactions. */
  get isSpent(): boolean {
    return (
      this.#rows >= MAX_ROWS ||
      this.#chars >= MAX_CHARS ||
      performance.now() - this.#started > MAX_MS
    );
  }

  /** A row was read. */
  take(row: object): void {
    this.#rows += 1;
    this.#chars += JSON.stringify(row).length;
  }

  find(finding: Finding): void {
    this.findings.push(finding);
    this.count(finding.name);
  }

  count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }
}

/** Goes on from a place; null when the phase is over. */
export type Phase<Ctx> = (
  ctx: Ctx,
  portion: Portion,
  at: Place,
) => Promise<Place | null>;
