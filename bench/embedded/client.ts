/** The bench's calls to the app of `app/convex`, over the official client. */
import { ConvexClient } from "convex/browser";
import { makeFunctionReference } from "convex/server";

export type TableName = "notes" | "small" | "large";
type Note = { table: TableName; room: number; author: string; body: string };

const addNote = makeFunctionReference<"mutation", Note, null>("notes:add");
export const inRoom = makeFunctionReference<
  "query",
  { table: TableName; room: number },
  unknown[]
>("notes:inRoom");
export const newestInRoom = makeFunctionReference<
  "query",
  { room: number },
  { body: string } | null
>("notes:newestInRoom");

export class BenchClient {
  readonly convex: ConvexClient;
  #added = 0;

  constructor(url: string) {
    this.convex = new ConvexClient(url);
  }

  /** What the next note will say. */
  get nextBody(): string {
    return `note ${this.#added} of this client`;
  }

  /** Resolves when the mutation is acknowledged. */
  async add(table: TableName, room: number): Promise<void> {
    const body = this.nextBody;
    this.#added += 1;
    const author = `author ${room}`;
    await this.convex.mutation(addNote, { table, room, author, body });
  }

  /** Resolves with the first result. `changed` hears of every later one. */
  watchNewest(
    room: number,
    changed: (body: string | undefined) => void,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      let isFirst = true;
      const heard = (note: { body: string } | null): void => {
        if (isFirst) resolve();
        else changed(note?.body);
        isFirst = false;
      };
      this.convex.onUpdate(newestInRoom, { room }, heard, reject);
    });
  }

  close(): Promise<void> {
    return this.convex.close();
  }
}
