/** Actions: the real clock, timers, the network, files. */
import { actionCrypto } from "./action-crypto";
import { actionFetch } from "./action-fetch";
import { actionTimers } from "./action-timers";
import { defineGlobal } from "./define-global";
import { guardedMethods } from "./host-connection";
import type { HostNetwork, RealmHost } from "./realm-host";

export function installNetwork(host: RealmHost, given: HostNetwork): void {
  const network = guardedMethods(given);
  const timeOrigin = host.nowMs() - host.elapsedMs();
  defineGlobal("performance", { now: () => host.elapsedMs(), timeOrigin });
  defineGlobal("crypto", actionCrypto(network));
  defineGlobal("fetch", actionFetch(network));
  for (const [name, timer] of Object.entries(actionTimers(network)))
    defineGlobal(name, timer);
}
