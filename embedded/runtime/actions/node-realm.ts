/** The scope of `"use node"` actions: the worker's own, with Convex's syscalls and console added. */
import type { FunctionError } from "../errors";
import type { CompiledModule, ModuleSet } from "../modules/compiled-module";
import { type ModuleExports, ModuleLinker } from "../modules/module-linker";
import { moduleBody } from "../modules/module-script";
import { describeThrown } from "../realm/describe-thrown";
import { invoke } from "../realm/invoke";
import { installConsole } from "../realm/realm-console";
import type { Reply, Settled, ThrownDescription } from "../realm/realm-host";
import { thrownError } from "../thrown-error";
import type { ActionServices } from "./action-services";
import { importsOf, NodePackages } from "./node-packages";
import type { StoredBytes } from "./worker-messages";

type Answer = { reply: string; bytes: StoredBytes | null };
type NodeServices = Pick<ActionServices, "syscall" | "log">;

/** Once per worker. `services` finds the action that is running. */
export function installNodeGlobals(services: NodeServices): void {
  const convex = {
    syscall: (op: string) => {
      throw new Error(`Unknown operation ${op}`);
    },
    asyncSyscall: async (op: string, args: string) =>
      (await call(services, op, args)).reply,
    jsSyscall: (op: string, args: { [name: string]: unknown }) =>
      jsSyscall(services, op, args),
  };
  Object.defineProperty(globalThis, "Convex", {
    value: convex,
    configurable: true,
  });
  installConsole({
    log: (level, messages) => services.log(level, messages),
    elapsedMs: () => performance.now(),
  });
}

/** The modules of one deployment. */
export class NodeRealm {
  readonly #linker: ModuleLinker;
  readonly #packages = new NodePackages();
  readonly #byFilename: ReadonlyMap<string, CompiledModule>;

  constructor(
    modules: ModuleSet,
    byFilename: ReadonlyMap<string, CompiledModule>,
  ) {
    this.#byFilename = byFilename;
    this.#linker = new ModuleLinker({
      has: (modulePath) => modules.has(modulePath),
      body: (modulePath) => moduleBody(modules, modulePath),
      external: (specifier) => this.#packages.get(specifier),
      imports: {
        of: (modulePath) => importsOf(modules.get(modulePath)),
        isAsync: (modulePath) => modules.get(modulePath)?.isAsync === true,
        prepareExternal: (specifier) => this.#packages.prepare(specifier),
      },
    });
  }

  async load(modulePath: string): Promise<ModuleExports> {
    try {
      await this.#linker.prepare(modulePath);
      return this.#linker.load(modulePath);
    } catch (error) {
      throw this.error(describeThrown(error));
    }
  }

  async run(
    call: { module: string; name: string; args: unknown[] },
    done: (settled: Settled) => void,
  ): Promise<void> {
    const target = (await this.load(call.module))[call.name];
    void invoke(target, "invokeAction", call.args, done);
  }

  error(thrown: ThrownDescription): FunctionError {
    return thrownError(thrown, (filename) => this.#byFilename.get(filename));
  }
}

function call(
  services: NodeServices,
  op: string,
  args: string,
  file?: StoredBytes,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const settle = (reply: Reply, bytes?: StoredBytes | null): void =>
      reply.ok
        ? resolve({ reply: reply.value, bytes: bytes ?? null })
        : reject(replyError(reply));
    services.syscall(op, args, settle, file);
  });
}

function replyError(reply: { message: string; data?: string }): Error {
  const error = new Error(reply.message);
  return reply.data === undefined
    ? error
    : Object.assign(error, { data: JSON.parse(reply.data) as unknown });
}

function jsSyscall(
  services: NodeServices,
  op: string,
  args: { [name: string]: unknown },
): unknown {
  if (op === "storage/storeBlob") return storeBlob(services, args);
  if (op === "storage/getBlob") return getBlob(services, args);
  throw new Error(`Unknown JS operation ${op}`);
}

async function storeBlob(
  services: NodeServices,
  args: { [name: string]: unknown },
): Promise<unknown> {
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
  const options = JSON.stringify({ options: args["options"] ?? null });
  const { reply } = await call(services, "storage/storeBlob", options, file);
  return JSON.parse(reply) as unknown;
}

async function getBlob(
  services: NodeServices,
  args: { [name: string]: unknown },
): Promise<Blob | null> {
  const wanted = JSON.stringify({ storageId: args["storageId"] });
  const { bytes } = await call(services, "storage/getBlob", wanted);
  return bytes === null
    ? null
    : new Blob([new Uint8Array(bytes.bytes)], {
        type: bytes.contentType ?? "",
      });
}
