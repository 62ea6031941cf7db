/**
 * The statements of one commit as bytes. Texts of statements are written where they first occur in the log and numbered from
 * there on. Layout, integers and floats little-endian: a statement is its number (1 byte), behind `NEW_STATEMENT` its text, the
 * count of its parameters (1 byte) and these, each a tag and what the tag asks for.
 */

export type Parameter = number | string | Uint8Array | null;
export type LoggedStatement = { sql: string; parameters: Parameter[] };

const FIRST_BYTES = 64 * 1024;
const NEW_STATEMENT = 255;
const NULL = 0;
const NUMBER = 1;
const TEXT = 2;
const BYTES = 3;
const LENGTH_BYTES = 4;
const NUMBER_BYTES = 8;
/** Of one UTF-16 unit in UTF-8. */
const MOST_BYTES_PER_UNIT = 3;

export class RedoRecordWriter {
  /** Texts that the log has numbered already; new ones are added. */
  readonly #numbers: Map<string, number>;
  readonly #headBytes: number;
  readonly #maxBytes: number;
  #buffer = Buffer.allocUnsafe(FIRST_BYTES);
  #length: number;
  #isTooLong = false;

  /** `headBytes` are left free at the beginning. What is longer than `maxBytes` is not kept. */
  constructor(
    numbers: Map<string, number>,
    { headBytes, maxBytes }: { headBytes: number; maxBytes: number },
  ) {
    this.#numbers = numbers;
    this.#headBytes = headBytes;
    this.#maxBytes = maxBytes;
    this.#length = headBytes;
  }

  get isTooLong(): boolean {
    return this.#isTooLong;
  }

  get isEmpty(): boolean {
    return this.#length === this.#headBytes && !this.#isTooLong;
  }

  /** Head and statements; valid until the next call. */
  get record(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = this.#headBytes;
    this.#isTooLong = false;
    if (this.#buffer.length > this.#maxBytes)
      this.#buffer = Buffer.allocUnsafe(FIRST_BYTES);
  }

  add(sql: string, parameters: readonly unknown[]): void {
    if (this.#isTooLong) return;
    this.#addStatement(sql);
    this.#addByte(parameters.length);
    for (const parameter of parameters) this.#addParameter(parameter);
    this.#isTooLong = this.#length > this.#maxBytes;
  }

  #addStatement(sql: string): void {
    const known = this.#numbers.get(sql);
    if (known !== undefined) return this.#addByte(known);
    if (this.#numbers.size === NEW_STATEMENT)
      throw new RangeError("A log has no numbers for more statements.");
    this.#addByte(NEW_STATEMENT);
    this.#addText(sql);
    this.#numbers.set(sql, this.#numbers.size);
  }

  #addParameter(parameter: unknown): void {
    if (parameter === null) return this.#addByte(NULL);
    if (typeof parameter === "number") return this.#addNumber(parameter);
    if (typeof parameter === "string") {
      this.#addByte(TEXT);
      return this.#addText(parameter);
    }
    if (parameter instanceof Uint8Array) return this.#addBytes(parameter);
    throw new TypeError(`A statement cannot take a ${typeof parameter}.`);
  }

  #addByte(byte: number): void {
    this.#reserve(1);
    this.#buffer[this.#length] = byte;
    this.#length += 1;
  }

  #addNumber(value: number): void {
    this.#addByte(NUMBER);
    this.#reserve(NUMBER_BYTES);
    this.#length = this.#buffer.writeDoubleLE(value, this.#length);
  }

  #addText(text: string): void {
    this.#reserve(LENGTH_BYTES + MOST_BYTES_PER_UNIT * text.length);
    const from = this.#length + LENGTH_BYTES;
    const length = this.#buffer.write(text, from, "utf8");
    this.#buffer.writeUInt32LE(length, this.#length);
    this.#length = from + length;
  }

  #addBytes(bytes: Uint8Array): void {
    this.#addByte(BYTES);
    this.#reserve(LENGTH_BYTES + bytes.length);
    this.#length = this.#buffer.writeUInt32LE(bytes.length, this.#length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(
      Math.max(needed, 2 * this.#buffer.length),
    );
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

/** `texts`, by number, grows with the statements that are new in this record. */
export function statementsIn(
  bytes: Buffer,
  texts: string[],
): LoggedStatement[] {
  const reader = new RecordReader(bytes, texts);
  const statements: LoggedStatement[] = [];
  while (!reader.isAtEnd) statements.push(reader.statement());
  return statements;
}

class RecordReader {
  readonly #bytes: Buffer;
  readonly #texts: string[];
  #at = 0;

  constructor(bytes: Buffer, texts: string[]) {
    this.#bytes = bytes;
    this.#texts = texts;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  statement(): LoggedStatement {
    const sql = this.#sql();
    const count = this.#byte();
    const parameters = Array.from({ length: count }, () => this.#parameter());
    return { sql, parameters };
  }

  #sql(): string {
    const number = this.#byte();
    if (number === NEW_STATEMENT) this.#texts.push(this.#text());
    const sql = this.#texts.at(number === NEW_STATEMENT ? -1 : number);
    if (sql === undefined) throw new RangeError(`No statement ${number}.`);
    return sql;
  }

  #parameter(): Parameter {
    const tag = this.#byte();
    switch (tag) {
      case NULL:
        return null;
      case NUMBER:
        return this.#bytes.readDoubleLE(this.#take(NUMBER_BYTES));
      case TEXT:
        return this.#text();
      case BYTES:
        return this.#slice();
      default:
        throw new RangeError(`No parameter has the tag ${tag}.`);
    }
  }

  #text(): string {
    return this.#slice().toString("utf8");
  }

  #slice(): Buffer {
    const length = this.#bytes.readUInt32LE(this.#take(LENGTH_BYTES));
    const from = this.#take(length);
    return this.#bytes.subarray(from, from + length);
  }

  #byte(): number {
    return this.#bytes.readUInt8(this.#take(1));
  }

  /** Where they begin. */
  #take(bytes: number): number {
    const from = this.#at;
    this.#at += bytes;
    return from;
  }
}
