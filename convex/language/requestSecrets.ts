import type { Json } from "./evaluation";

/**
 * In the value of a `request` function a secret is `{ "$secret": name }`, and a text that holds secrets
 * is `{ "$template": [text or { "$secret": name }, …] }`. The sandbox refuses such objects unless
 * `secret()` made them, so data can never name a secret. Only use this on the value of a `request`.
 */
export function resolveSecrets(
  value: Json,
  valueOf: (name: string) => string,
): Json {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value))
    return value.map((item) => resolveSecrets(item, valueOf));
  if (typeof value["$secret"] === "string") return valueOf(value["$secret"]);
  if (Array.isArray(value["$template"]))
    return value["$template"]
      .map((part) => String(resolveSecrets(part, valueOf)))
      .join("");
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      resolveSecrets(inner, valueOf),
    ]),
  );
}

/** Names of the secrets in the value of a `request`, each once. */
export function secretsIn(value: Json): string[] {
  const names = new Set<string>();
  resolveSecrets(value, (name) => {
    names.add(name);
    return "";
  });
  return [...names].toSorted();
}
