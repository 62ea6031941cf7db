/**
 * Every environment variable that functions read, in one place. Set them with `npx convex env set`; `npm start` sets
 * what it needs. All are optional here: whoever needs one says so by name when it is missing.
 */
type Variable =
  /** This deployment's origin for http actions; always set by the platform. */
  | "CONVEX_SITE_URL"
  /** 32 random bytes, base64: the key that secrets are encrypted under. */
  | "SECRETS_KEY"
  /** `host:port` of private addresses that workflows may call, separated by commas; or `true`. */
  | "ALLOW_PRIVATE_NETWORK"
  /** Where the templates' demo server is. */
  | "DEMO_URL"
  /** Lanes of the worker pool, and effects in flight in each. */
  | "EXECUTOR_SLOTS"
  | "EXECUTOR_SLOT_CONCURRENCY";

export function environment(name: Variable): string | undefined {
  return process.env[name];
}
