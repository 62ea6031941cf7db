/**
 * Tells whether the global scope of a realm and its built-ins are as they were, so that the next execution can have
 * the realm. Looking thoroughly costs more than most handlers, so it is done now and then; what libraries replace, if
 * anything, is looked at every time.
 */
import type { RealmControl } from "./realm-host";

type Scope = { [name: string]: unknown };
const THOROUGH_EVERY_MS = 100;

export class ScopeWatch {
  /** The global of the realm. */
  readonly #scope: Scope;
  readonly #control: RealmControl;
  #names: string[] = [];
  #values: unknown[] = [];
  #size = 0;
  #thoroughAt = 0;

  constructor(scope: object, control: RealmControl) {
    this.#scope = scope as Scope;
    this.#control = control;
    this.remember();
  }

  /** What is now is as it should be. */
  remember(): void {
    this.#names = Object.getOwnPropertyNames(this.#scope);
    this.#values = this.#names.map((name) => this.#scope[name]);
    this.#size = Reflect.ownKeys(this.#scope).length;
    this.#control.rememberBuiltins();
  }

  /** May run user code, which then sees nothing of the host. */
  isUntouched(): boolean {
    const now = performance.now();
    const isThorough = now - this.#thoroughAt > THOROUGH_EVERY_MS;
    if (isThorough) this.#thoroughAt = now;
    return (
      this.#hasSameGlobals() && this.#control.builtinsUntouched(isThorough)
    );
  }

  isUntouchedThroughout(): boolean {
    return this.#hasSameGlobals() && this.#control.builtinsUntouched(true);
  }

  #hasSameGlobals(): boolean {
    const names = this.#names;
    for (let i = 0; i < names.length; i++)
      if (!Object.is(this.#scope[names[i] as string], this.#values[i]))
        return false;
    return Reflect.ownKeys(this.#scope).length === this.#size;
  }
}
