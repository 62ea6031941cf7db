/** Where a request came from, for functions that ask. */
import type { IncomingMessage } from "node:http";

const peers = new WeakMap<Request, string>();
const LOOPBACK = /^(?:::ffff:)?127\.|^::1$/;

export function rememberPeer(
  request: Request,
  incoming: IncomingMessage,
): void {
  const address = peerAddress(incoming);
  if (address !== null) peers.set(request, address);
}

/** The address of the client. A proxy on this machine is believed what it says of the one before it. */
export function peerAddress(incoming: IncomingMessage): string | null {
  const { remoteAddress = "" } = incoming.socket;
  const forwarded = incoming.headersDistinct["x-forwarded-for"]?.join(",");
  const last = forwarded?.split(",").at(-1)?.trim() ?? "";
  const address =
    LOOPBACK.test(remoteAddress) && last !== "" ? last : remoteAddress;
  return address === "" ? null : address.replace(/^::ffff:/, "");
}

export function peerOf(request: Request): string | null {
  return peers.get(request) ?? null;
}
