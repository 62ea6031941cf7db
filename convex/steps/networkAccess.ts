/**
 * Which addresses workflows may call. Private, loopback, link-local and metadata addresses are refused, unless the
 * deployment allows them by name: ALLOW_PRIVATE_NETWORK is a list of `host:port`, or `true`. Names that resolve to
 * private addresses cannot be seen from Convex's runtime; run behind an egress proxy where that matters.
 */

/** Null when the address may be called; else one sentence saying why not. */
export function refusalOf(
  url: URL,
  allowed: string | undefined,
): string | null {
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return `Only http and https addresses can be called, not ${url.protocol}//.`;
  }
  if (url.username !== "" || url.password !== "") {
    return "The address holds a user name or password; send them in a header instead.";
  }
  if (!isPrivate(url.hostname) || isAllowed(url, allowed)) return null;
  return `${url.host} is a private address. Allow it by adding "${hostAndPort(url)}" to ALLOW_PRIVATE_NETWORK.`;
}

export function isPrivate(hostname: string): boolean {
  const host = hostname
    .replace(/^\[|\]$/g, "")
    .replace(/\.$/, "")
    .toLowerCase();
  if (host.includes(":")) return isPrivateV6(host);
  const v4 = parseV4(host);
  return v4 === null ? isPrivateName(host) : isPrivateV4(v4);
}

function isPrivateName(host: string): boolean {
  return (
    !host.includes(".") || /\.(localhost|local|internal|home\.arpa)$/.test(host)
  );
}

/** `URL` has already brought 0x7f.1, 2130706433 and the like into four decimal parts. */
function parseV4(host: string): [number, number] | null {
  const match = /^(\d+)\.(\d+)\.\d+\.\d+$/.exec(host);
  return match === null ? null : [Number(match[1]), Number(match[2])];
}

function isPrivateV4([a, b]: [number, number]): boolean {
  return (
    a === 0 ||
    a === 10 ||
    a === 127 ||
    a >= 224 ||
    (a === 100 && b >= 64 && b <= 127) ||
    (a === 169 && b === 254) ||
    (a === 172 && b >= 16 && b <= 31) ||
    (a === 192 && (b === 168 || b === 0)) ||
    (a === 198 && (b === 18 || b === 19))
  );
}

function isPrivateV6(host: string): boolean {
  const mapped = /^(?:::ffff:|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(
    host,
  );
  if (mapped !== null) {
    const high = parseInt(mapped[1] ?? "0", 16);
    return isPrivateV4([high >> 8, high & 0xff]);
  }
  return /^(::1?$|::[0-9a-f]|f[cd]|fe[89ab]|ff|2001:db8)/.test(host);
}

function isAllowed(url: URL, allowed: string | undefined): boolean {
  if (allowed === undefined) return false;
  if (allowed.trim() === "true") return true;
  return allowed.split(/[\s,]+/).includes(hostAndPort(url));
}

function hostAndPort(url: URL): string {
  const port =
    url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  return `${url.hostname}:${port}`;
}
