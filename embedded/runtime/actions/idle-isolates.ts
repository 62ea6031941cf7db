/** Realms that wait for their next action: evaluating an app's modules again for each would cost more than most actions. */
import { IsolateRealm, type IsolateRealmOptions } from "./isolate-realm";

const MAX_IDLE = 32;

export class IdleIsolates {
  readonly #options: IsolateRealmOptions;
  #idle: IsolateRealm[] = [];

  constructor(options: IsolateRealmOptions) {
    this.#options = options;
  }

  take(): IsolateRealm {
    return this.#idle.pop() ?? new IsolateRealm(this.#options);
  }

  discard(isIt: (realm: IsolateRealm) => boolean): void {
    this.#idle = this.#idle.filter((realm) => !isIt(realm));
  }

  /** Not before the action's last microtask has run. */
  giveBack(realm: IsolateRealm): void {
    if (realm.leave() && this.#idle.length < MAX_IDLE) this.#idle.push(realm);
    else realm.close();
  }
}
