const EVENT_NAME = /^[A-Za-z][\w.:/-]{0,99}$/;

/** `order.paid`: what an event is called, where it is sent and where it is waited for. */
export function isEventName(value: unknown): value is string {
  return typeof value === "string" && EVENT_NAME.test(value);
}

export const EVENT_NAME_RULE =
  'a letter, then letters, digits, "_", ".", ":", "/" and "-", up to 100 characters';
