/**
 * The files of `undici` that requests need. Its main file would also make itself the transport of Node's own `fetch`
 * ("use node" actions share their worker with it) and is twice as much to load.
 */
declare module "undici/lib/dispatcher/agent.js" {
  import { Agent } from "undici";
  export default Agent;
}

declare module "undici/lib/web/fetch/constants.js" {
  export const badPortsSet: ReadonlySet<string>;
  export const nullBodyStatus: readonly number[];
  export const redirectStatusSet: ReadonlySet<number>;
  export const requestBodyHeader: readonly string[];
}

declare module "undici/lib/web/fetch/util.js" {
  import type { Transform } from "node:stream";
  import type { ZlibOptions } from "node:zlib";
  /** Of the zlib format, or without its header, as the first byte says. */
  export function createInflate(options: ZlibOptions): Transform;
}
