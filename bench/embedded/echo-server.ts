import { once } from "node:events";
import { WebSocketServer } from "ws";

/** Sends every message back: the floor of what a round trip over a WebSocket costs. Returns its URL. */
export async function startEchoServer(): Promise<string> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  server.on("connection", (socket) => {
    socket.on("message", (data) => socket.send(data));
  });
  const address = server.address();
  if (typeof address !== "object" || address === null)
    throw new Error("The echo server has no port");
  return `ws://127.0.0.1:${address.port}`;
}
