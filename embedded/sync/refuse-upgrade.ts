import type { Duplex } from "node:stream";
import { STATUS_CODES } from "node:http";
import type { BackendError } from "../database/backend-error";

/** Answers a request that has no response object: a handshake, or bytes that are not HTTP. The socket is then closed. */
export function refuseUpgrade(
  socket: Duplex,
  error: Pick<BackendError, "status" | "code" | "message">,
): void {
  if (!socket.writable) return void socket.destroy();
  const { status, code, message } = error;
  const body = JSON.stringify({ code, message });
  socket.on("error", () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n` +
      "Connection: close\r\nContent-Type: application/json\r\n" +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  socket.once("finish", () => socket.destroy());
}
