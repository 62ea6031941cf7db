/**
 * The one way from inside a realm to its host. Host objects never reach user code: what the host throws is thrown
 * again as an error of the realm (a stack overflow inside a host function would be a host error), and what it returns
 * is a string, a number, or something that only the code here keeps, in a private field.
 */
import type { RealmHost } from "./realm-host";

let connected: RealmHost | null = null;

export function connectHost(given: RealmHost): RealmHost {
  connected = guardedMethods(given);
  return connected;
}

export function realmHost(): RealmHost {
  if (connected === null) throw new Error("This realm has no host");
  return connected;
}

/** Copies an object of host functions; its other properties are taken as they are. */
export function guardedMethods<Methods extends object>(
  methods: Methods,
): Methods {
  const entries = Object.entries<unknown>(
    methods as { [name: string]: unknown },
  ).map(([name, value]): [string, unknown] => [
    name,
    typeof value === "function" ? guarded(value as HostFunction) : value,
  ]);
  return Object.fromEntries(entries) as Methods;
}

type HostFunction = (...args: never[]) => unknown;

export function guarded<Call extends HostFunction>(call: Call): Call {
  const safe = (...args: never[]): unknown => {
    try {
      return call(...args);
    } catch (thrown) {
      throw ownError(thrown);
    }
  };
  return safe as Call;
}

const OWN_ERRORS: { [name: string]: ErrorConstructor } = {
  TypeError,
  RangeError,
  SyntaxError,
};

function ownError(thrown: unknown): Error {
  const { name, message } = thrown as { name?: unknown; message?: unknown };
  const kind = typeof name === "string" ? OWN_ERRORS[name] : undefined;
  return new (kind ?? Error)(typeof message === "string" ? message : "");
}
