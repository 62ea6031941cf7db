/** The world as one isolated action may use it, and what it has under way there. */
import { webcrypto } from "node:crypto";
import type { FunctionError } from "../errors";
import { bytesOf, copyOf } from "../realm/host-bytes";
import type {
  HostFiles,
  HostNetwork,
  ThrownDescription,
} from "../realm/realm-host";
import type { ActionServices } from "./action-services";
import { HostFetches } from "./host-fetch";
import { HostSubtle } from "./host-subtle";
import { HostTimers } from "./host-timers";

export interface HostSurroundingsOptions {
  /** Runs code of the action. */
  enter: (work: () => void) => void;
  /** Null when no action is running: then nothing is started any more. */
  services: () => ActionServices | null;
  errorOf: (thrown: ThrownDescription) => FunctionError;
}

export class HostSurroundings {
  readonly #options: HostSurroundingsOptions;
  readonly #timers: HostTimers;
  readonly #fetches: HostFetches;
  readonly #subtle = new HostSubtle();
  /** Syscalls and key operations that are not answered. */
  #open = 0;

  constructor(options: HostSurroundingsOptions) {
    this.#options = options;
    this.#timers = new HostTimers(options.enter);
    this.#fetches = new HostFetches(options.enter);
  }

  get isIdle(): boolean {
    return (
      this.#open === 0 && this.#timers.count === 0 && this.#fetches.count === 0
    );
  }

  stop(): void {
    this.#timers.stopAll();
    this.#fetches.abortAll();
  }

  syscall(
    op: string,
    args: string,
    settle: Parameters<ActionServices["syscall"]>[2],
    file?: Parameters<ActionServices["syscall"]>[3],
  ): void {
    this.#open++;
    this.#options
      .services()
      ?.syscall(
        op,
        args,
        (reply, bytes) => this.#answer(() => settle(reply, bytes)),
        file,
      );
  }

  network(): HostNetwork {
    const { services, errorOf } = this.#options;
    return {
      startTimer: (callback, delayMs, repeats) =>
        services() === null
          ? 0
          : this.#timers.start(callback, delayMs, repeats),
      stopTimer: (timer) => this.#timers.stop(timer),
      startFetch: (request, sink) =>
        services() === null ? 0 : this.#fetches.start(request, sink),
      pullResponse: (request) => this.#fetches.pull(request),
      abortFetch: (request) => this.#fetches.abort(request),
      fillRandom: (bytes) => void webcrypto.getRandomValues(bytesOf(bytes)),
      randomUuid: () => webcrypto.randomUUID(),
      startSubtle: (operation, args, done) => {
        this.#open++;
        void this.#subtle
          .perform(operation, args)
          .then((outcome) => this.#answer(() => done(outcome)));
      },
      escaped: (thrown) => services()?.fail(errorOf(thrown)),
    };
  }

  files(): HostFiles {
    return {
      storeFile: (file, sha256, done) => {
        const options = sha256 === null ? null : { sha256: String(sha256) };
        const contentType =
          typeof file.contentType === "string" ? file.contentType : null;
        this.syscall("storage/storeBlob", JSON.stringify({ options }), done, {
          bytes: copyOf(file.bytes),
          contentType,
        });
      },
      readFile: (storageId, done) => {
        const args = JSON.stringify({ storageId: String(storageId) });
        this.syscall("storage/getBlob", args, (reply, bytes) =>
          done(reply, bytes ?? null),
        );
      },
    };
  }

  #answer(work: () => void): void {
    this.#open--;
    this.#options.enter(work);
  }
}
