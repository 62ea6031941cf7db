/** A thrown value as text. Runs where the value lives, inside realms and in workers. */
import type { ThrownDescription } from "./realm-host";

/** Never throws, whatever was thrown. */
export function describeThrown(thrown: unknown): ThrownDescription {
  try {
    if (typeof thrown !== "object" || thrown === null)
      return { text: textOf(thrown), stack: "" };
    const { stack, data, ConvexErrorSymbol } = thrown as {
      [name: string]: unknown;
    };
    const description: ThrownDescription = {
      text: errorText(thrown),
      stack: typeof stack === "string" ? stack : "",
    };
    if (ConvexErrorSymbol !== undefined && typeof data === "string")
      description.data = data;
    return description;
  } catch {
    return { text: "[unprintable value]", stack: "" };
  }
}

function textOf(value: unknown): string {
  return typeof value === "symbol" ? value.toString() : String(value);
}

function errorText(thrown: object): string {
  if (!("message" in thrown))
    return Object.prototype.toString
      .call(thrown)
      .replace("[object Object]", "#<Object>");
  const name =
    "name" in thrown && typeof thrown.name === "string" ? thrown.name : "Error";
  const message = String(thrown.message);
  return message === "" ? name : `${name}: ${message}`;
}
