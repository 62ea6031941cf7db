/** The global `Convex`, through which `convex/server` asks the host. */
import { defineGlobal } from "./define-global";
import type { RealmHost, Reply } from "./realm-host";

type Resolvers = {
  resolve: (value: string) => void;
  reject: (reason: Error) => void;
};
type JsSyscall = (op: string, args: { [name: string]: unknown }) => unknown;

const { parse } = JSON;

/** Gives the function that settles what the host did not answer at once. */
export function installSyscalls(
  host: RealmHost,
  jsSyscall: JsSyscall,
): (ticket: number, reply: Reply) => void {
  const pending = new Map<number, Resolvers>();
  const convex = {
    syscall: (op: string, args: string) => unwrap(host.syscall(op, args)),
    asyncSyscall: (op: string, args: string) => {
      const answer = host.asyncSyscall(op, args);
      return new Promise<string>((resolve, reject) => {
        if (typeof answer === "number")
          pending.set(answer, { resolve, reject });
        else deliver({ resolve, reject }, answer);
      });
    },
    jsSyscall,
  };
  defineGlobal("Convex", Object.freeze(convex));
  return (ticket, reply) => {
    const resolvers = pending.get(ticket);
    pending.delete(ticket);
    if (resolvers !== undefined) deliver(resolvers, reply);
  };
}

function deliver({ resolve, reject }: Resolvers, reply: Reply): void {
  if (reply.ok) resolve(reply.value);
  else reject(replyError(reply));
}

function unwrap(reply: Reply): string {
  if (reply.ok) return reply.value;
  throw replyError(reply);
}

export function replyError(reply: { message: string; data?: string }): Error {
  const error = new Error(reply.message);
  return reply.data === undefined
    ? error
    : Object.assign(error, { data: parse(reply.data) as unknown });
}
