/** Messages of the sync protocol, as clients send them. */
import type { FuzzBackend } from "./fuzz-backend";
import { RawSocket } from "./raw-socket";

export const CONNECT = {
  type: "Connect",
  sessionId: "s",
  connectionCount: 0,
};
export const call = (udfPath: string, args: object = {}) => ({
  type: "Mutation",
  requestId: 0,
  udfPath,
  args: [args],
});
export const querySet = (modifications: object[], baseVersion = 0) => ({
  type: "ModifyQuerySet",
  baseVersion,
  newVersion: baseVersion + 1,
  modifications,
});
export const add = (queryId: number, udfPath: string, args: object = {}) => ({
  type: "Add",
  queryId,
  udfPath,
  args: [args],
});

/** A socket that has connected. */
export async function connected(
  backend: FuzzBackend,
  path?: string,
): Promise<RawSocket> {
  const socket = await RawSocket.open(backend, path);
  socket.connect();
  return socket;
}
