/** The sockets of both origins: limits on what may be sent, refusals in the one error shape, an orderly end. */
import { createServer, type Server } from "node:http";
import type { Socket } from "node:net";
import { refuseUpgrade } from "../sync/refuse-upgrade";
import type { SyncServer } from "../sync/sync-server";
import type { FetchHandler } from "./api-handler";
import { nodeListener } from "./node-adapter";
import { RequestGate } from "./request-gate";
import { peerAddress } from "./request-peer";

const LIMITS = {
  /** The request line counts: `GET /api/query` carries its arguments there. */
  maxHeaderSize: 64 * 1024,
  headersTimeout: 60_000,
  requestTimeout: 300_000,
};
const MAX_CONNECTIONS = 20_000;

export type Address = { host: string; port: number; sitePort: number };

export class ListeningServers {
  readonly #api: Server;
  readonly #site: Server;
  readonly #gate = new RequestGate();

  constructor(options: {
    api: FetchHandler;
    site: FetchHandler;
    sync: Pick<SyncServer, "upgrade">;
  }) {
    const { api, site, sync } = options;
    this.#api = guarded(createServer(LIMITS, nodeListener(api, this.#gate)));
    this.#site = guarded(createServer(LIMITS, nodeListener(site, this.#gate)));
    this.#api.on("upgrade", (request, socket, head) => {
      const userAgent = request.headers["user-agent"] ?? null;
      const peer = { ip: peerAddress(request), userAgent };
      sync.upgrade(request, socket, { head, peer });
    });
    this.#site.on("upgrade", (_request, socket) =>
      refuseUpgrade(socket, NO_SOCKETS),
    );
  }

  get requestsInFlight(): number {
    return this.#gate.inFlight;
  }

  async listen({ host, port, sitePort }: Address): Promise<void> {
    await listenOn(this.#api, host, port);
    await listenOn(this.#site, host, sitePort);
  }

  /** Accepts nothing more; resolves when all requests are answered. */
  async drain(): Promise<void> {
    this.#api.close();
    this.#site.close();
    await this.#gate.close();
  }

  terminate(): void {
    this.#api.closeAllConnections();
    this.#site.closeAllConnections();
  }
}

const NO_SOCKETS = {
  status: 404,
  code: "NotFound",
  message: "There are no sockets here",
};
const NO_TUNNELS = {
  status: 405,
  code: "MethodNotAllowed",
  message: "This server is not a proxy",
};

function guarded(server: Server): Server {
  server.maxConnections = MAX_CONNECTIONS;
  server.on("connect", (_request, socket) => refuseUpgrade(socket, NO_TUNNELS));
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) =>
    refuseUpgrade(socket, malformed(error.code)),
  );
  return server;
}

function malformed(
  code: string | undefined,
): Parameters<typeof refuseUpgrade>[1] {
  if (code === "HPE_HEADER_OVERFLOW")
    return {
      status: 431,
      code: "HeadersTooLarge",
      message: `The headers are larger than ${LIMITS.maxHeaderSize} bytes`,
    };
  if (code === "ERR_HTTP_REQUEST_TIMEOUT")
    return {
      status: 408,
      code: "RequestTimeout",
      message: "The request did not arrive in time",
    };
  return {
    status: 400,
    code: "BadRequest",
    message: "The request could not be understood",
  };
}

function listenOn(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
