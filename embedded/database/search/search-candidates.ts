/** The best documents of a search by relevance, before any of them is loaded. */
import type { Postings } from "./posting-codec";
import type { SearchPlan } from "./search-plan";
import type { SearchMeasure } from "./search-position";
import { TermWeight } from "./search-ranking";
import type { SearchView } from "./search-view";

/** Nothing beyond the best so many is ever found. */
export const MAX_CANDIDATES = 1024;
/** Terms of one search, filters and what a prefix stands for included. */
const MAX_TERMS = 64;
/** Weight of a word that only starts with what was asked for. */
const PREFIX_BOOST = 0.5;
/** For a term that nobody held when the search was measured. */
const HELD_BY_FEW = 1;

export type Candidate = { rowId: number; score: number };
/** Sorted by row id. */
type Scores = { rowIds: Float64Array; scores: Float64Array };
type Found = { candidates: Candidate[]; measure: SearchMeasure };

/** Best first; of equal ones the newest row first. Measured as `given`, or by the index as it is. */
export function findCandidates(
  view: SearchView,
  plan: SearchPlan,
  given: SearchMeasure | null,
): Found {
  const terms = termsOf(view, plan, given);
  const holding = new Map(
    [...terms].map(([term, { rowIds }]) => [term, rowIds.length]),
  );
  const measure = given ?? { ...view.statistics, holding };
  const allowed = rowsWithAll(view, plan.filters);
  const lists = [...terms].map(([term, postings]) => {
    const boost = plan.words.includes(term) ? 1 : PREFIX_BOOST;
    const weight = new TermWeight(
      measure.holding.get(term) ?? HELD_BY_FEW,
      measure,
      boost,
    );
    return restrictedTo(allowed, scoresOf(postings, weight));
  });
  return { candidates: best(sum(lists)), measure };
}

/** Null when nothing is asked for. */
function rowsWithAll(
  view: SearchView,
  filters: readonly string[],
): Float64Array | null {
  const lists = filters
    .map((filter) => view.postings(filter).rowIds)
    .sort((left, right) => left.length - right.length);
  return lists.reduce<Float64Array | null>(
    (rows, list) => (rows === null ? list : intersection(rows, list)),
    null,
  );
}

/** The terms that were measured before keep their order; those that a prefix stands for as well come after them. */
function termsOf(
  view: SearchView,
  plan: SearchPlan,
  given: SearchMeasure | null,
): Map<string, Postings> {
  const terms = new Map<string, Postings>();
  if (plan.prefix === null) return terms;
  for (const term of given?.holding.keys() ?? plan.words)
    terms.set(term, view.postings(term));
  const most = MAX_TERMS - plan.filters.length;
  for (const term of view.termsWithPrefix(plan.prefix)) {
    if (terms.size >= most) break;
    if (terms.has(term)) continue;
    const postings = view.postings(term);
    if (postings.rowIds.length > 0) terms.set(term, postings);
  }
  return terms;
}

function scoresOf(postings: Postings, weight: TermWeight): Scores {
  const { rowIds, frequencies, lengthCodes } = postings;
  const scores = new Float64Array(rowIds.length);
  for (let at = 0; at < rowIds.length; at += 1)
    scores[at] = weight.score(frequencies[at] ?? 0, lengthCodes[at] ?? 0);
  return { rowIds, scores };
}

function restrictedTo(allowed: Float64Array | null, list: Scores): Scores {
  return allowed === null ? list : restricted(list, allowed);
}

function restricted(list: Scores, allowed: Float64Array): Scores {
  const kept = new Scoreboard(Math.min(list.rowIds.length, allowed.length));
  let other = 0;
  for (let at = 0; at < list.rowIds.length; at += 1) {
    const rowId = list.rowIds[at] ?? 0;
    while ((allowed[other] ?? Infinity) < rowId) other += 1;
    if (allowed[other] === rowId) kept.push(rowId, list.scores[at] ?? 0);
  }
  return kept.finish();
}

function intersection(left: Float64Array, right: Float64Array): Float64Array {
  const scores = new Float64Array(left.length);
  return restricted({ rowIds: left, scores }, right).rowIds;
}

/** Always adds in the same order, so that equal documents have equal scores. */
function sum(lists: Scores[]): Scores {
  let rest = lists;
  while (rest.length > 1) {
    const pairs: Scores[] = [];
    for (let at = 0; at < rest.length; at += 2) {
      const [left, right] = [rest[at], rest[at + 1]];
      if (left !== undefined)
        pairs.push(right === undefined ? left : added(left, right));
    }
    rest = pairs;
  }
  return rest[0] ?? new Scoreboard(0).finish();
}

function added(left: Scores, right: Scores): Scores {
  const total = new Scoreboard(left.rowIds.length + right.rowIds.length);
  let [l, r] = [0, 0];
  while (l < left.rowIds.length && r < right.rowIds.length) {
    const leftRow = left.rowIds[l] ?? 0;
    const rightRow = right.rowIds[r] ?? 0;
    if (leftRow < rightRow) total.push(leftRow, left.scores[l++] ?? 0);
    else if (leftRow > rightRow) total.push(rightRow, right.scores[r++] ?? 0);
    else
      total.push(leftRow, (left.scores[l++] ?? 0) + (right.scores[r++] ?? 0));
  }
  total.pushFrom(left, l);
  total.pushFrom(right, r);
  return total.finish();
}

class Scoreboard {
  readonly #rowIds: Float64Array;
  readonly #scores: Float64Array;
  #length = 0;

  constructor(capacity: number) {
    this.#rowIds = new Float64Array(capacity);
    this.#scores = new Float64Array(capacity);
  }

  push(rowId: number, score: number): void {
    this.#rowIds[this.#length] = rowId;
    this.#scores[this.#length] = score;
    this.#length += 1;
  }

  pushFrom({ rowIds, scores }: Scores, start: number): void {
    this.#rowIds.set(rowIds.subarray(start), this.#length);
    this.#scores.set(scores.subarray(start), this.#length);
    this.#length += rowIds.length - start;
  }

  finish(): Scores {
    return {
      rowIds: this.#rowIds.subarray(0, this.#length),
      scores: this.#scores.subarray(0, this.#length),
    };
  }
}

/** Newest first, so that once enough are found a further one must have a better score. */
function best({ rowIds, scores }: Scores): Candidate[] {
  let found: Candidate[] = [];
  let worst = -1;
  for (let at = rowIds.length - 1; at >= 0; at -= 1) {
    const score = Math.fround(scores[at] ?? 0);
    if (score <= worst) continue;
    found.push({ rowId: rowIds[at] ?? 0, score });
    if (found.length < 2 * MAX_CANDIDATES) continue;
    found = found.sort(byRelevance).slice(0, MAX_CANDIDATES);
    worst = found.at(-1)?.score ?? worst;
  }
  return found.sort(byRelevance).slice(0, MAX_CANDIDATES);
}

function byRelevance(left: Candidate, right: Candidate): number {
  return right.score - left.score || right.rowId - left.rowId;
}
