/** What stands where a text was cut. `SecretMask` knows that a secret may have been cut there too. */
export const ELLIPSIS = "…";

/** Of a text that is longer than `max` characters, the beginning. */
export const clip = (text: string, max: number): string =>
  text.length > max ? `${text.slice(0, max - 1)}${ELLIPSIS}` : text;
