/**
 * A small HTTP server on loopback for the templates, the tests and a first look: orders, customers, an endpoint that fails a
 * given number of times, and others. Everything is bounded; nothing is kept when it stops. `GET /` lists what it answers.
 */
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";

const server = "lockstep demo";
const maxKeys = 10_000;
const maxBodyBytes = 1024 * 1024;
const maxSlowMs = 120_000;
const maxLargeMib = 64;

/** Counts by string key, forgetting the oldest beyond `maxKeys`. */
class Counter {
  #counts = new Map();

  add(key) {
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.delete(key);
    this.#counts.set(key, count);
    if (this.#counts.size > maxKeys) {
      this.#counts.delete(this.#counts.keys().next().value);
    }
    return count;
  }

  toJSON() {
    return Object.fromEntries(this.#counts);
  }
}

/** Whole number from the query string within [0, max]. */
function number(url, name, fallback, max) {
  const value = Number(url.searchParams.get(name) ?? fallback);
  return Number.isFinite(value)
    ? Math.min(Math.max(0, Math.trunc(value)), max)
    : fallback;
}

function json(response, status, body, headers = {}) {
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    ...headers,
  });
  response.end(JSON.stringify({ server, ...body }));
}

/** The same id always gives the same order. */
function order(id) {
  const seed = [...id].reduce(
    (sum, char) => (sum * 31 + char.codePointAt(0)) >>> 0,
    7,
  );
  const items = Array.from({ length: 2 + (seed % 3) }, (_, index) => ({
    sku: `SKU-${((seed >>> index) % 900) + 100}`,
    name: ["Lamp", "Chair", "Desk", "Shelf", "Rug"][(seed + index) % 5],
    quantity: 1 + ((seed >>> (index + 2)) % 3),
    price: 20 + ((seed >>> (index * 3)) % 480),
  }));
  const total = items.reduce(
    (sum, item) => sum + item.quantity * item.price,
    0,
  );
  return {
    id,
    customer: customer(seed % 500),
    items,
    total,
    currency: "EUR",
    emails: [`buyer-${id}@example.com`, "warehouse@example.com"],
  };
}

function customer(index) {
  const names = ["Ada", "Ben", "Chi", "Dana", "Eli", "Fay", "Gus", "Hana"];
  const name = names[index % names.length];
  return {
    id: `c${index + 1}`,
    name: `${name} ${index + 1}`,
    email: `${name.toLowerCase()}${index + 1}@example.com`,
    plan: index % 3 === 0 ? "pro" : "free",
  };
}

async function readBody(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > maxBodyBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function withBody(request, response, answer) {
  const text = await readBody(request);
  if (text === null) {
    json(response, 413, { error: `The body is above ${maxBodyBytes} bytes.` });
  } else {
    answer(text === "" ? null : parsed(text));
  }
}

function flaky({ url, response, args: [key], state }) {
  const failures = number(url, "failures", 2, 1000);
  const attempt = state.flaky.add(key);
  if (attempt > failures) {
    json(response, 200, { key, attempt, ok: true });
    return;
  }
  const retryAfter = url.searchParams.get("retryAfter");
  json(
    response,
    503,
    { key, attempt, error: `Failing on purpose: ${attempt} of ${failures}.` },
    retryAfter ? { "retry-after": retryAfter } : {},
  );
}

function large({ url, response }) {
  let left = number(url, "mib", 50, maxLargeMib);
  const chunk = Buffer.alloc(1024 * 1024, "lockstep demo\n");
  response.writeHead(200, {
    "content-type": "text/plain; charset=utf-8",
    "content-length": left * chunk.length,
  });
  const send = () => {
    if (left === 0) {
      response.end();
      return;
    }
    left -= 1;
    if (response.write(chunk)) setImmediate(send);
    else response.once("drain", send);
  };
  send();
}

async function echo({ request, url, response }) {
  await withBody(request, response, (body) =>
    json(response, 200, {
      method: request.method,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      body,
    }),
  );
}

function slow({ request, url, response }) {
  const ms = number(url, "ms", 1000, maxSlowMs);
  const timer = setTimeout(() => json(response, 200, { ms }), ms);
  request.on("close", () => response.destroyed && clearTimeout(timer));
  response.on("close", () => clearTimeout(timer));
}

function status({ response, args: [code] }) {
  const wanted = Number(code);
  const valid = wanted >= 200 && wanted <= 599;
  if (valid && [204, 205, 304].includes(wanted)) {
    response.writeHead(wanted).end();
  } else {
    json(response, valid ? wanted : 400, { status: wanted });
  }
}

async function emails({ request, response, state }) {
  await withBody(request, response, (body) =>
    json(response, 202, {
      accepted: true,
      id: `email-${state.emails.add("sent")}`,
      to: body?.to ?? null,
    }),
  );
}

function customers({ url, response }) {
  const count = number(url, "count", 20, 10_000);
  json(response, 200, {
    customers: Array.from({ length: count }, (_, index) => customer(index)),
  });
}

function html({ response }) {
  response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
  response.end(
    `<!doctype html><title>${server}</title><h1>Hello from the ${server}</h1>`,
  );
}

const routes = [
  {
    method: "GET",
    path: /^\/orders\/([^/]+)$/,
    shown: "/orders/:id",
    answer: ({ response, args: [id] }) => json(response, 200, order(id)),
  },
  {
    method: "GET",
    path: /^\/flaky\/([^/]+)$/,
    shown: "/flaky/:key?failures=2&retryAfter=1",
    answer: flaky,
  },
  { method: "GET|POST", path: /^\/echo$/, shown: "/echo", answer: echo },
  { method: "GET", path: /^\/slow$/, shown: "/slow?ms=1000", answer: slow },
  {
    method: "GET|POST",
    path: /^\/status\/(\d{3})$/,
    shown: "/status/:code",
    answer: status,
  },
  { method: "GET", path: /^\/html$/, shown: "/html", answer: html },
  { method: "GET", path: /^\/large$/, shown: "/large?mib=50", answer: large },
  {
    method: "GET",
    path: /^\/customers$/,
    shown: "/customers?count=20",
    answer: customers,
  },
  { method: "POST", path: /^\/emails$/, shown: "/emails", answer: emails },
  {
    method: "GET",
    path: /^\/stats$/,
    shown: "/stats",
    answer: ({ response, state }) =>
      json(response, 200, { requests: state.requests }),
  },
  {
    method: "GET",
    path: /^\/$/,
    shown: "/",
    answer: ({ response }) => json(response, 200, { routes: listing() }),
  },
];

function listing() {
  return routes.map(({ method, shown }) => `${method} ${shown}`);
}

function findRoute(method, pathname) {
  for (const route of routes) {
    const match = route.path.exec(pathname);
    if (match && route.method.split("|").includes(method)) {
      return {
        answer: route.answer,
        args: match.slice(1).map(decodeURIComponent),
      };
    }
  }
  return null;
}

async function handle(request, response, state) {
  const url = new URL(request.url, "http://demo.invalid");
  response.setHeader("server", server);
  if (url.pathname !== "/stats") state.requests.add(url.pathname);
  const route = findRoute(request.method, url.pathname);
  if (route) {
    await route.answer({ request, response, url, args: route.args, state });
  } else {
    json(response, 404, {
      error: "Nothing answers this here.",
      routes: listing(),
    });
  }
}

/** A server that is not listening yet, with counters of its own. */
export function createDemoServer() {
  const state = {
    requests: new Counter(),
    flaky: new Counter(),
    emails: new Counter(),
  };
  return createServer((request, response) => {
    handle(request, response, state).catch((error) => {
      if (response.headersSent) response.destroy();
      else json(response, 400, { error: String(error.message) });
    });
  });
}

if (
  process.argv[1] &&
  import.meta.url === pathToFileURL(process.argv[1]).href
) {
  const flag = process.argv.indexOf("--port");
  const port = flag > 0 ? Number(process.argv[flag + 1]) : 3212;
  const demo = createDemoServer();
  demo.once("error", (error) => {
    console.error(`The demo server cannot listen on ${port}: ${error.code}.`);
    process.exit(1);
  });
  demo.listen(port, "127.0.0.1", () =>
    console.log(`demo server at http://127.0.0.1:${port}`),
  );
  process.on("SIGTERM", () => process.exit(0));
}
