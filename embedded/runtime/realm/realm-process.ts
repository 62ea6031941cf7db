import { defineGlobal } from "./define-global";
import type { RealmHost } from "./realm-host";

/** `process.env`, read one variable at a time so that the host knows which were read. */
export function installProcess(host: RealmHost): void {
  const env = new Proxy(Object.create(null) as { [name: string]: string }, {
    get: (target, name) =>
      typeof name === "string" ? (target[name] ?? host.env(name)) : undefined,
    has: (target, name) =>
      typeof name === "string" &&
      (name in target || host.env(name) !== undefined),
  });
  defineGlobal("process", { env });
}
