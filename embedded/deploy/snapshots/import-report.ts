import type { JSONValue } from "convex/values";
import type { ImportProgress } from "./import-job";
import type { SourceTable } from "./import-source";

const EVERY_MS = 500;

type Tell = (state: { [field: string]: JSONValue; state: string }) => void;

/** Says how far an import is, at most twice a second and once per table. */
export class ImportReport implements ImportProgress {
  readonly #tell: Tell;
  readonly #checkpoints: string[] = [];
  #toldAt = 0;
  #hasEnded = false;

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  at(table: SourceTable, documents: number): void {
    if (performance.now() - this.#toldAt > EVERY_MS)
      this.#say(`Importing ${labelOf(table)} (${documents} documents)`);
  }

  done(table: SourceTable, documents: number): void {
    if (documents === 0) return;
    this.#checkpoints.push(`Read ${labelOf(table)} (${documents} documents)`);
    this.#say("Importing");
  }

  end(): void {
    this.#hasEnded = true;
  }

  #say(message: string): void {
    if (this.#hasEnded) return;
    this.#toldAt = performance.now();
    this.#tell({
      state: "in_progress",
      progress_message: message,
      checkpoint_messages: [...this.#checkpoints],
    });
  }
}

function labelOf({ component, name }: SourceTable): string {
  return component === "" ? `"${name}"` : `"${component}/${name}"`;
}
