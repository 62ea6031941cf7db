/** What realms hand over, checked: user code may have replaced the functions that made it. */
import type { ThrownDescription } from "./realm-host";

export function sanitize(thrown: ThrownDescription): ThrownDescription {
  const { text, stack, data } = thrown as { [name: string]: unknown };
  return {
    text: typeof text === "string" ? text : "[unprintable value]",
    stack: typeof stack === "string" ? stack : "",
    ...(typeof data === "string" && isJson(data) ? { data } : {}),
  };
}

export function parseMessages(json: string): string[] {
  const messages: unknown = JSON.parse(String(json));
  return Array.isArray(messages) ? messages.map(String) : [];
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
