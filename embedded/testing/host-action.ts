/** Actions under test: each of their syscalls is a transaction of its own, so they hold nothing while they wait. */
import type { JSONValue } from "convex/values";
import type { ActionSyscalls } from "../runtime/actions/action-syscalls";
import type { SyscallArgs } from "../runtime/syscalls/address";
import { unknownOperation } from "../runtime/syscalls/context-syscalls";
import { errorForCaller } from "./host-errors";
import { type ConvexGlobal, inScope, outside } from "./host-scope";

export interface HostActionOptions {
  syscalls: ActionSyscalls;
  /** Loads the module of a function that is about to be scheduled. */
  prepare: (args: SyscallArgs) => Promise<void>;
}

/** `work` calls the handler, of an action or of an HTTP action. */
export function inAction<T>(
  options: HostActionOptions,
  work: () => Promise<T>,
): Promise<T> {
  const convex = actionConvex(options);
  return inScope({ convex, globals: new Map(), transaction: null }, work);
}

function actionConvex(options: HostActionOptions): ConvexGlobal {
  const { syscalls } = options;
  return {
    syscall: (op) => {
      throw unknownOperation(op, false);
    },
    asyncSyscall: (op, args) => answered(() => perform(options, op, args)),
    jsSyscall: (op, args) => answered(() => moveBlob(syscalls, op, args)),
  };
}

async function answered<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await outside(work);
  } catch (thrown) {
    throw errorForCaller(thrown);
  }
}

async function perform(
  { syscalls, prepare }: HostActionOptions,
  op: string,
  args: string,
): Promise<string> {
  if (op === "1.0/actions/schedule")
    await prepare(JSON.parse(args) as SyscallArgs);
  const { value } = await syscalls.perform(op, args);
  return value;
}

/** Files cross as bytes, not as text. */
async function moveBlob(
  syscalls: ActionSyscalls,
  op: string,
  args: { [name: string]: unknown },
): Promise<unknown> {
  const { blob, ...rest } = args;
  const text = JSON.stringify(rest);
  if (op === "storage/getBlob") {
    const { bytes } = await syscalls.perform(op, text);
    if (bytes === null || bytes === undefined) return null;
    const type = bytes.contentType ?? "";
    return new Blob([new Uint8Array(bytes.bytes)], { type });
  }
  if (!(blob instanceof Blob)) throw new Error(NOT_A_BLOB);
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const contentType = blob.type === "" ? null : blob.type;
  const { value } = await syscalls.perform(op, text, { bytes, contentType });
  return JSON.parse(value) as JSONValue;
}

const NOT_A_BLOB =
  "store() expects a Blob. If you are trying to store a Request, `await request.blob()` will give you the correct input.";
