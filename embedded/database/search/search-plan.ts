/** What a search asks for, checked against its index; errors have Convex's texts. */
import type { JSONValue } from "convex/values";
import { asObject } from "../../values/encoded-value";
import { BackendError } from "../backend-error";
import type { SearchIndexInfo } from "./search-entry";
import { filterTerm, wordsOf, wordTerm } from "./search-terms";

const MAX_WORDS = 16;
const MAX_FILTERS = 8;

export type SearchPlan = {
  readonly index: SearchIndexInfo;
  /** Terms of which a document holds at least one. */
  readonly words: readonly string[];
  /** The last of them: terms that start with it count as well. Null when there is nothing to search for. */
  readonly prefix: string | null;
  /** Terms that a document must hold all of. */
  readonly filters: readonly string[];
};

type Condition =
  | { type: "Search"; field: string; text: string }
  | { type: "Eq"; field: string; value: JSONValue };

/** `name` is "table.index". */
export function planSearch(
  name: string,
  index: SearchIndexInfo,
  filters: readonly JSONValue[],
): SearchPlan {
  const conditions = filters.map(parseCondition);
  const against = `Search query against ${name}`;
  const text = searchText(against, index, conditions);
  const equalities = conditions.filter(({ type }) => type === "Eq");
  const terms = conditions.flatMap((condition) =>
    condition.type === "Eq" ? [equalityTerm(against, index, condition)] : [],
  );
  if (equalities.length > MAX_FILTERS) {
    throw new BackendError(
      "TooManyFilterConditionsInSearchQueryError",
      `${against} has too many filter conditions. Max: ${MAX_FILTERS} Actual: ${equalities.length}`,
    );
  }
  const words = wordsOf(text).slice(0, MAX_WORDS).map(wordTerm);
  return {
    index,
    words: [...new Set(words)],
    prefix: words.at(-1) ?? null,
    filters: [...new Set(terms)],
  };
}

function searchText(
  against: string,
  index: SearchIndexInfo,
  conditions: readonly Condition[],
): string {
  let text: string | null = null;
  for (const condition of conditions) {
    if (condition.type !== "Search") continue;
    if (condition.field !== index.searchField) {
      throw new BackendError(
        "IncorrectSearchField",
        `${against} contains a search filter against "${condition.field}", which doesn't match the indexed \`searchField\` "${index.searchField}".`,
      );
    }
    if (text !== null) {
      throw new BackendError(
        "DuplicateSearchFiltersError",
        `${against} contains multiple search filters against "${condition.field}". Only one is allowed.`,
      );
    }
    ({ text } = condition);
  }
  if (text !== null) return text;
  throw new BackendError(
    "MissingSearchFilterError",
    `${against} does not contain any search filters. You must include a search filter like \`q.search("${index.searchField}", searchText)\`.`,
  );
}

function equalityTerm(
  against: string,
  index: SearchIndexInfo,
  condition: { field: string; value: JSONValue },
): string {
  const field = index.filterFields.indexOf(condition.field);
  if (field >= 0) return filterTerm(field, condition.value);
  throw new BackendError(
    "IncorrectFilterFieldError",
    `${against} contains an equality filter on "${condition.field}" but that field isn't indexed for filtering in \`filterFields\`.`,
  );
}

function parseCondition(json: JSONValue): Condition {
  const { type, fieldPath: field, value } = asObject(json) ?? {};
  if (typeof field === "string" && value !== undefined) {
    if (type === "Eq") return { type, field, value };
    if (type === "Search" && typeof value === "string")
      return { type, field, text: value };
  }
  throw new BackendError("InvalidQuery", "Invalid search filter in query.");
}
