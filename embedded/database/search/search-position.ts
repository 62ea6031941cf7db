/**
 * Where a result stands: its score, then the newest document first, as a key. Behind that, the measure the score was
 * taken by: a cursor brings it back, so that whatever is written between two pages, documents that stay the same stay
 * in their page. It is the same in all keys of a search and does not change their order.
 */
import { encodeKey } from "../../values/index-key";
import { idOf, type Row } from "../table-info";
import type { KeyRange } from "../types";

/** What relevance is measured by. */
export type SearchMeasure = {
  readonly documents: number;
  readonly tokens: number;
  /** How many documents hold each term, in the order in which scores are added. */
  readonly holding: ReadonlyMap<string, number>;
};

/** Two numbers of eight bytes and their tags. */
const NUMBERS_BYTES = 18;
const END_OF_ID = 0;

export function encodeMeasure(measure: SearchMeasure): Buffer {
  const { documents, tokens, holding } = measure;
  return Buffer.from(JSON.stringify([documents, tokens, [...holding]]));
}

export function positionKey(
  score: number,
  { document }: Row,
  measure: Buffer,
): Buffer {
  const place = [-score, -Number(document._creationTime), idOf(document)];
  return Buffer.concat([encodeKey(place), measure]);
}

/** That of the cursors which bound `range`; null when none does. */
export function measureIn({ start, end }: KeyRange): SearchMeasure | null {
  const key = start.length > 0 ? start : end;
  if (key === null || key.length === 0) return null;
  const begin = key.indexOf(END_OF_ID, NUMBERS_BYTES) + 1;
  const text = Buffer.from(key.subarray(begin)).toString().replace(/\0$/, "");
  const [documents, tokens, holding] = JSON.parse(text) as [
    number,
    number,
    [string, number][],
  ];
  return { documents, tokens, holding: new Map(holding) };
}
