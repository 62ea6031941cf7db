import type { QuickJSContext, QuickJSHandle } from "quickjs-emscripten-core";
import type { LogLine } from "./evaluation";
import type { Journal } from "./journal";
import { SDK_SOURCE } from "./sdkSource";
import type { World } from "./world";

export type HostCall = (op: string, id: string, payload: string) => void;

/** The host's ways in. */
export type Sdk = { enter: QuickJSHandle; caller: QuickJSHandle };

/** `host` is the function that the SDK calls; it is consumed. */
export function installSdk(vm: QuickJSContext, host: QuickJSHandle): Sdk {
  const install = vm.unwrapResult(vm.evalCode(SDK_SOURCE, "lockstep"));
  const enter = vm.unwrapResult(vm.callFunction(install, vm.undefined, host));
  install.dispose();
  host.dispose();
  const op = vm.newString("caller");
  const caller = vm.unwrapResult(vm.callFunction(enter, vm.undefined, op));
  op.dispose();
  return { enter, caller };
}

type HostOptions = {
  onCall?: HostCall;
  onLog?: (line: LogLine) => void;
};

/** What the SDK asks of the host: the moment, a line of the log, or an operation of an action. */
export function hostFunction(
  vm: QuickJSContext,
  options: HostOptions,
  { journal, world }: { journal: Journal; world: World },
): QuickJSHandle {
  const log = (level: string, message: string) => {
    const line = journal.add(level, message);
    if (line !== null) options.onLog?.(line);
  };
  return vm.newFunction("host", (op, id, payload) => {
    const name = vm.getString(op);
    if (name === "moment") return vm.newString(world.look());
    if (name === "log") log(vm.getString(id), vm.getString(payload));
    else options.onCall?.(name, vm.getString(id), vm.getString(payload));
    return undefined;
  });
}
