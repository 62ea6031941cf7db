export type DraftStatus =
  | { kind: "saved"; at: number }
  | { kind: "unsaved" }
  | { kind: "saving" }
  | { kind: "failed"; message: string };

export type DraftSnapshot = {
  source: string;
  status: DraftStatus;
  /** Text kept on this device that is based on an older draft than the saved one; the person decides. */
  conflict: string | null;
};

/** What this device keeps while the server does not have it yet. `base` is the save it was typed on top of. */
export type LocalDraft = { source: string; base: number };

export type DraftDependencies = {
  save: (source: string) => Promise<{ savedAt: number }>;
  describeError: (error: unknown) => string;
  readLocal: () => LocalDraft | null;
  /** null forgets it. */
  writeLocal: (draft: LocalDraft | null) => void;
  delayMs: number;
};

/**
 * The text being edited and its way to the server. Invariants: text the server has not confirmed is in the local copy;
 * at most one save is on its way; the last edit always gets saved or is reported as failed.
 */
export class DraftSession {
  readonly #deps: DraftDependencies;
  readonly #listeners = new Set<() => void>();
  #snapshot: DraftSnapshot;
  /** The text the server is known to hold, and since when. */
  #saved: LocalDraft;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #saving: Promise<boolean> | null = null;

  constructor(
    server: { source: string; savedAt: number },
    deps: DraftDependencies,
  ) {
    this.#deps = deps;
    this.#saved = { source: server.source, base: server.savedAt };
    this.#snapshot = {
      source: server.source,
      status: { kind: "saved", at: server.savedAt },
      conflict: null,
    };
    this.#restore(deps.readLocal());
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getSnapshot = (): DraftSnapshot => this.#snapshot;

  readonly edit = (source: string): void => {
    if (source === this.#snapshot.source) return;
    this.#update({ source, status: { kind: "unsaved" } });
    this.#deps.writeLocal({ source, base: this.#saved.base });
    this.#schedule();
  };

  /** Saves what is not saved yet. True when the server then holds the current text. */
  readonly flush = async (): Promise<boolean> => {
    clearTimeout(this.#timer);
    if (this.#saving) await this.#saving;
    if (this.#isSaved()) return true;
    this.#saving = this.#saveNow();
    const succeeded = await this.#saving;
    this.#saving = null;
    if (succeeded && !this.#isSaved()) return this.flush();
    return succeeded;
  };

  /** Another window or the command line saved a draft: taken over unless something here is not saved. */
  readonly receive = (server: { source: string; savedAt: number }): void => {
    if (server.savedAt <= this.#saved.base || !this.#isSaved() || this.#saving)
      return;
    this.#saved = { source: server.source, base: server.savedAt };
    this.#update({
      source: server.source,
      status: { kind: "saved", at: server.savedAt },
    });
  };

  readonly resolveConflict = (keep: "mine" | "saved"): void => {
    const mine = this.#snapshot.conflict;
    this.#update({ conflict: null });
    if (keep === "mine" && mine !== null) this.edit(mine);
    else this.#deps.writeLocal(null);
  };

  /** Stops the clock; what is not saved stays on this device. */
  readonly dispose = (): void => clearTimeout(this.#timer);

  #restore(local: LocalDraft | null): void {
    if (!local) return;
    if (local.source === this.#saved.source) return this.#deps.writeLocal(null);
    if (local.base === this.#saved.base) return this.edit(local.source);
    this.#update({ conflict: local.source });
  }

  #isSaved(): boolean {
    return this.#snapshot.source === this.#saved.source;
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), this.#deps.delayMs);
  }

  async #saveNow(): Promise<boolean> {
    const { source } = this.#snapshot;
    this.#update({ status: { kind: "saving" } });
    try {
      const { savedAt } = await this.#deps.save(source);
      this.#confirm({ source, base: savedAt });
      return true;
    } catch (error) {
      const message = this.#deps.describeError(error);
      this.#update({ status: { kind: "failed", message } });
      return false;
    }
  }

  #confirm(saved: LocalDraft): void {
    this.#saved = saved;
    const { source } = this.#snapshot;
    if (this.#isSaved()) {
      this.#deps.writeLocal(null);
      this.#update({ status: { kind: "saved", at: saved.base } });
    } else {
      this.#deps.writeLocal({ source, base: saved.base });
      this.#update({ status: { kind: "unsaved" } });
    }
  }

  #update(change: Partial<DraftSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    for (const listener of this.#listeners) listener();
  }
}
