/**
 * Rows that are looked for by what never changes in them and no two of them share. Their ids are kept, as long as the
 * process has this module: the next look reads one row and nothing beside it. Only ids are kept, never what rows say;
 * a row that is gone is looked for again.
 */
import { Kept } from "./keptVersions";

const MAX_CHARS = 512 * 1024;

type Search<Row extends { _id: string }> = {
  get: (id: Row["_id"]) => Promise<Row | null>;
  look: () => Promise<Row | null>;
  isIt: (row: Row) => boolean;
};

export class FoundRows<Row extends { _id: string }> {
  readonly #ids = new Kept<Row["_id"]>(MAX_CHARS);

  /** `key` stands for what is looked for. */
  async find(key: string, search: Search<Row>): Promise<Row | null> {
    const known = await this.#known(key, search);
    if (known !== null) return known;
    const found = await search.look();
    if (found !== null) this.#ids.set(key, found._id, key.length);
    return found;
  }

  /** An import may have given the number of the table to another, and the id belongs to that: then `get` throws. */
  async #known(key: string, { get, isIt }: Search<Row>): Promise<Row | null> {
    const id = this.#ids.get(key);
    if (id === undefined) return null;
    const row = await get(id).catch(() => null);
    return row !== null && isIt(row) ? row : null;
  }
}
