/** Ports: taken ones are named before anything starts, and a server is waited for until it answers. */
import { createServer } from "node:net";
import { ExplainedError } from "./explained-error.mjs";

/** Reads a port from the environment. */
export function portFrom(name, fallback) {
  const text = process.env[name];
  if (text === undefined || text === "") return fallback;
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65536) return port;
  throw new ExplainedError(
    `${name} is "${text}", which is not a port; set it to a number from 1 to 65535, for example ${name}=${fallback}.`,
  );
}

/** Throws one sentence when the port cannot be listened on. */
export async function requireFreePort({ name, what, port, host }) {
  const code = await listenError(port, host);
  if (code === null) return;
  const reason =
    code === "EADDRINUSE" ? "is already in use" : `cannot be opened (${code})`;
  throw new ExplainedError(
    `Port ${port} for ${what} ${reason} on ${host}; stop what listens there, or choose another with ${name}=${port + 100}.`,
  );
}

function listenError(port, host) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => resolve(error.code ?? String(error)));
    server.listen(port, host, () => server.close(() => resolve(null)));
  });
}

/**
 * A port that is free now: the preferred one if it is.
 *
 * @returns {Promise<number>}
 */
export async function freePort(preferred = 0) {
  const host = "127.0.0.1";
  if (preferred && (await listenError(preferred, host)) === null) {
    return preferred;
  }
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, host, () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Resolves true when the address answers with anything below 500, false when `gaveUp()` or the time is over. */
export async function answers(url, { timeoutMs, gaveUp = () => false }) {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline && !gaveUp()) {
    const status = await statusOf(url);
    if (status !== null && status < 500) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

async function statusOf(url) {
  try {
    const response = await fetch(url, {
      redirect: "manual",
      signal: AbortSignal.timeout(20_000),
    });
    await response.body?.cancel();
    return response.status;
  } catch {
    return null;
  }
}
