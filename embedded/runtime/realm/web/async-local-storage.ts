/** `AsyncLocalStorage` over the host's. Callbacks of user code never throw through host frames. */
import { guardedMethods, realmHost } from "../host-connection";
import type { HostStorage } from "../realm-host";

type Outcome<Result> = { value: Result } | { error: unknown };

export class AsyncLocalStorage<Store> {
  readonly #host: HostStorage = guardedMethods(realmHost().createStorage());

  run<Args extends unknown[], Result>(
    store: Store,
    callback: (...args: Args) => Result,
    ...args: Args
  ): Result {
    return outcomeOf(
      (thunk) => this.#host.run(store, thunk),
      () => callback(...args),
    );
  }

  exit<Args extends unknown[], Result>(
    callback: (...args: Args) => Result,
    ...args: Args
  ): Result {
    return outcomeOf(
      (thunk) => this.#host.run(undefined, thunk),
      () => callback(...args),
    );
  }

  getStore(): Store | undefined {
    return this.#host.get() as Store | undefined;
  }

  enterWith(store: Store): void {
    this.#host.enter(store);
  }

  disable(): void {
    this.#host.enter(undefined);
  }

  static snapshot(): <Result>(callback: () => Result) => Result {
    const within = guardedMethods(realmHost().captureContext());
    return (callback) => outcomeOf((thunk) => within.run(thunk), callback);
  }

  static bind<Args extends unknown[], Result>(
    callback: (...args: Args) => Result,
  ): (...args: Args) => Result {
    const within = AsyncLocalStorage.snapshot();
    return (...args) => within(() => callback(...args));
  }
}

/** Only for binding callbacks to the context they were made in. */
export class AsyncResource {
  readonly #within = AsyncLocalStorage.snapshot();

  runInAsyncScope<Args extends unknown[], Result>(
    callback: (this: unknown, ...args: Args) => Result,
    thisArg?: unknown,
    ...args: Args
  ): Result {
    return this.#within(() => callback.apply(thisArg, args));
  }

  static bind<Args extends unknown[], Result>(
    callback: (...args: Args) => Result,
  ): (...args: Args) => Result {
    return AsyncLocalStorage.bind(callback);
  }
}

function outcomeOf<Result>(
  enter: (thunk: () => void) => void,
  callback: () => Result,
): Result {
  let outcome: Outcome<Result> | null = null;
  enter(() => {
    try {
      outcome = { value: callback() };
    } catch (error) {
      outcome = { error };
    }
  });
  const ended = outcome as Outcome<Result> | null;
  if (ended === null) throw new RangeError("Maximum call stack size exceeded");
  if ("error" in ended) throw ended.error;
  return ended.value;
}
