const CODES: { [name: string]: number } = {
  IndexSizeError: 1,
  InvalidCharacterError: 5,
  NotFoundError: 8,
  NotSupportedError: 9,
  InvalidStateError: 11,
  SyntaxError: 12,
  InvalidAccessError: 15,
  NetworkError: 19,
  AbortError: 20,
  QuotaExceededError: 22,
  TimeoutError: 23,
  DataCloneError: 25,
};

export class DOMException extends Error {
  readonly #name: string;

  constructor(
    message = "",
    options: string | { name?: string; cause?: unknown } = {},
  ) {
    const given = typeof options === "string" ? { name: options } : options;
    super(
      message,
      "cause" in given && given.cause !== undefined
        ? { cause: given.cause }
        : {},
    );
    this.#name = given.name ?? "Error";
  }

  override get name(): string {
    return this.#name;
  }

  get code(): number {
    return CODES[this.#name] ?? 0;
  }

  get [Symbol.toStringTag](): string {
    return "DOMException";
  }
}
