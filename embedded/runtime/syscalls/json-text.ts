import type { JSONValue } from "convex/values";

/** JSON that is a text already, as documents are. */
export class JsonText {
  constructor(readonly text: string) {}
}

export function jsonTextOf(answer: JSONValue | JsonText): string {
  return answer instanceof JsonText ? answer.text : JSON.stringify(answer);
}
