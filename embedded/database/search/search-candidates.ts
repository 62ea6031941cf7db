/** The best documents of a search by relevance, before any of them is loaded. */
import type { Postings } from "./posting-codec";
import type { SearchPlan } from "./search-plan";
import { TermWeight } from "./search-ranking";
import type { SearchView } from "./search-view";

/** Nothing beyond the best so many is ever found. */
export const MAX_CANDIDATES = 1024;
/** Terms of one search, filters and what a prefix stands for included. */
const MAX_TERMS = 64;
/** Weight of a word that only starts with what was asked for. */
const PREFIX_BOOST = 0.5;

export type Candidate = { rowId: number; score: number };
/** Sorted by row id. */
type Scores = { rowIds: Float64Array; scores: Float64Array };
type WeighedTerm = { postings: Postings; boost: number };

/** Best first; of equal ones the newest row first. */
export function findCandidates(
  view: SearchView,
  plan: SearchPlan,
): Candidate[] {
  const allowed = rowsWithAll(view, plan.filters);
  const lists = weighedTerms(view, plan).map((term) =>
    scoresOf(view, term, allowed),
  );
  return best(sum(lists));
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

function weighedTerms(view: SearchView, plan: SearchPlan): WeighedTerm[] {
  const terms = plan.words.map((term) => ({
    postings: view.postings(term),
    boost: 1,
  }));
  if (plan.prefix === null) return [];
  const most = MAX_TERMS - plan.filters.length;
  for (const term of view.termsWithPrefix(plan.prefix)) {
    if (terms.length >= most) break;
    if (plan.words.includes(term)) continue;
    const postings = view.postings(term);
    if (postings.rowIds.length > 0)
      terms.push({ postings, boost: PREFIX_BOOST });
  }
  return terms;
}

function scoresOf(
  view: SearchView,
  { postings, boost }: WeighedTerm,
  allowed: Float64Array | null,
): Scores {
  const { rowIds, frequencies, lengthCodes } = postings;
  const weight = new TermWeight(rowIds.length, view.statistics, boost);
  const scores = new Float64Array(rowIds.length);
  for (let at = 0; at < rowIds.length; at += 1)
    scores[at] = weight.score(frequencies[at] ?? 0, lengthCodes[at] ?? 0);
  return allowed === null
    ? { rowIds, scores }
    : restricted({ rowIds, scores }, allowed);
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
