/** Where actions of one component run inside a worker: a `vm` context, or for `"use node"` the worker's own scope. */
import { createRequire } from "node:module";
import path from "node:path";
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import vm from "node:vm";
import { FunctionError } from "../errors";
import type { CompiledModule } from "../modules/compiled-module";
import { type ModuleExports, ModuleLinker } from "../modules/module-linker";
import { scriptOf } from "../modules/module-script";
import { describeThrown } from "../realm/describe-thrown";
import { invoke } from "../realm/invoke";
import { installConsole } from "../realm/realm-console";
import { createRealmCrypto } from "../realm/realm-crypto";
import type {
  RealmControl,
  RealmHost,
  Reply,
  Settled,
  ThrownDescription,
} from "../realm/realm-host";
import { installRealm } from "../realm/realm-source";
import { sharedGlobals } from "../realm/shared-globals";
import { thrownError } from "../thrown-error";
import type { StoredBytes, WorkerKind, WorkerSetup } from "./worker-messages";

export interface ActionServices {
  syscall(
    op: string,
    args: string,
    settle: (reply: Reply, bytes?: StoredBytes | null) => void,
    bytes?: StoredBytes,
  ): void;
  log(level: string, messages: string[]): void;
}

const NETWORK_GLOBALS = [
  "fetch",
  "crypto",
  "CryptoKey",
  "setTimeout",
  "clearTimeout",
  "setInterval",
  "clearInterval",
  "queueMicrotask",
  "performance",
] as const;

export class ActionRealm {
  readonly #services: ActionServices;
  readonly #linker: ModuleLinker;
  readonly #byFilename: Map<string, CompiledModule>;
  readonly #control: Pick<RealmControl, "invoke" | "describe" | "settle">;
  #env: { [name: string]: string } = {};
  readonly #kind: WorkerKind;
  #nextTicket = 1;

  constructor(
    setup: WorkerSetup,
    modules: CompiledModule[],
    services: ActionServices,
  ) {
    const { kind } = setup;
    this.#kind = kind;
    this.#services = services;
    this.#byFilename = new Map(
      modules.map((module) => [module.filename, module]),
    );
    const context = kind === "isolate" ? vm.createContext({}) : null;
    this.#control =
      context === null
        ? this.#installNode()
        : installRealm(context, this.#host(), setup.realmSource);
    this.#linker = new ModuleLinker({
      modules: new Map(modules.map((module) => [module.path, module])),
      evaluate: (module): unknown =>
        context === null
          ? scriptOf(module).runInThisContext()
          : scriptOf(module).runInContext(context),
      external:
        kind === "node"
          ? createRequire(path.join(process.cwd(), "package.json"))
          : refuseImport,
    });
  }

  setEnv(env: { [name: string]: string }): void {
    this.#env = env;
    if (this.#kind !== "node") return;
    for (const name of Object.keys(process.env))
      if (!(name in env)) delete process.env[name];
    Object.assign(process.env, env);
  }

  load(modulePath: string): ModuleExports {
    try {
      return this.#linker.load(modulePath);
    } catch (error) {
      throw error instanceof FunctionError
        ? error
        : this.error(this.#control.describe(error));
    }
  }

  invoke(
    target: unknown,
    method: string,
    args: unknown[],
    done: (settled: Settled) => void,
  ): void {
    this.#control.invoke(target, method, args, done);
  }

  describe(thrown: unknown): ThrownDescription {
    return this.#control.describe(thrown);
  }

  error(thrown: ThrownDescription): FunctionError {
    return thrownError(thrown, (filename) => this.#byFilename.get(filename));
  }

  #host(): RealmHost {
    const globals = globalThis as unknown as { [name: string]: unknown };
    const network = Object.fromEntries(
      NETWORK_GLOBALS.map((name) => [name, globals[name]]),
    );
    return {
      deterministic: false,
      globals: {
        ...sharedGlobals(),
        ...network,
        AsyncLocalStorage,
        AsyncResource,
      },
      crypto: createRealmCrypto(),
      syscall: (op) => ({ ok: false, message: `Unknown operation ${op}` }),
      asyncSyscall: (op, args) => {
        const ticket = this.#nextTicket++;
        this.#services.syscall(op, args, (reply) =>
          this.#control.settle(ticket, reply),
        );
        return ticket;
      },
      jsSyscall: (op, args) => this.#jsSyscall(op, args),
      log: (level, messages) => this.#services.log(level, messages),
      env: (name) => this.#env[name],
      nowMs: () => Date.now(),
      elapsedMs: () => performance.now(),
    };
  }

  /** `"use node"` code sees Node as it is, with Convex's syscalls and console added. */
  #installNode(): Pick<RealmControl, "invoke" | "describe" | "settle"> {
    const convex = {
      syscall: (op: string) => {
        throw new Error(`Unknown operation ${op}`);
      },
      asyncSyscall: (op: string, args: string) =>
        new Promise((resolve, reject) =>
          this.#services.syscall(op, args, (reply) =>
            settleWith(reply, resolve, reject),
          ),
        ),
      jsSyscall: (op: string, args: { [name: string]: unknown }) =>
        this.#jsSyscall(op, args),
    };
    Object.defineProperty(globalThis, "Convex", {
      value: convex,
      configurable: true,
    });
    installConsole({
      log: (level, messages) => this.#services.log(level, messages),
      elapsedMs: () => performance.now(),
    });
    return {
      invoke,
      describe: describeThrown,
      settle: () => undefined,
    };
  }

  #jsSyscall(op: string, args: { [name: string]: unknown }): unknown {
    if (op === "storage/storeBlob") return this.#storeBlob(args);
    if (op === "storage/getBlob") return this.#getBlob(args);
    throw new Error(`Unknown JS operation ${op}`);
  }

  async #storeBlob(args: { [name: string]: unknown }): Promise<unknown> {
    const blob = args["blob"];
    if (!(blob instanceof Blob)) {
      throw new Error(
        "store() expects a Blob. If you are trying to store a Request, `await request.blob()` will give you the correct input.",
      );
    }
    const file = {
      bytes: new Uint8Array(await blob.arrayBuffer()),
      contentType: blob.type === "" ? null : blob.type,
    };
    const { reply } = await this.#call(
      "storage/storeBlob",
      { options: args["options"] ?? null },
      file,
    );
    return JSON.parse(reply) as unknown;
  }

  async #getBlob(args: { [name: string]: unknown }): Promise<Blob | null> {
    const { bytes } = await this.#call("storage/getBlob", {
      storageId: args["storageId"],
    });
    return bytes === null
      ? null
      : new Blob([new Uint8Array(bytes.bytes)], {
          type: bytes.contentType ?? "",
        });
  }

  #call(
    op: string,
    args: object,
    file?: StoredBytes,
  ): Promise<{ reply: string; bytes: StoredBytes | null }> {
    return new Promise((resolve, reject) => {
      const settle = (reply: Reply, bytes?: StoredBytes | null) =>
        settleWith(
          reply,
          (value) => resolve({ reply: value, bytes: bytes ?? null }),
          reject,
        );
      this.#services.syscall(op, JSON.stringify(args), settle, file);
    });
  }
}

function settleWith(
  reply: Reply,
  resolve: (value: string) => void,
  reject: (error: Error) => void,
): void {
  if (reply.ok) return resolve(reply.value);
  const error = new Error(reply.message);
  reject(
    reply.data === undefined
      ? error
      : Object.assign(error, { data: JSON.parse(reply.data) as unknown }),
  );
}

function refuseImport(specifier: string): never {
  throw new Error(
    `Can't import "${specifier}" in the Convex runtime. Use "use node" for Node.js modules.`,
  );
}
