/** What the checks found wrong. The same finding of several checks counts once. */
const KINDS = [
  "lost",
  "doubled",
  "halves",
  "scheduled_missed",
  "scheduled_doubled",
  "timestamp_regressions",
  "torn_pushes",
  "refused",
] as const;
type FindingKind = (typeof KINDS)[number];

export class Findings {
  readonly #byKind = new Map<FindingKind, Set<string>>(
    KINDS.map((kind) => [kind, new Set()]),
  );

  note(kind: FindingKind, text: string): void {
    this.#byKind.get(kind)?.add(text);
  }

  /** All kinds, also those of which there is nothing. */
  counts(): { kind: string; count: number }[] {
    return [...this.#byKind].map(([kind, found]) => ({
      kind,
      count: found.size,
    }));
  }

  describe(): string[] {
    return [...this.#byKind].flatMap(([kind, found]) =>
      [...found].map((text) => `${kind}: ${text}`),
    );
  }
}
