/** Splits a stream into the texts of JSON values, without holding more than one chunk and one value. */
import { BackendError } from "../../database/backend-error";

const MAX_TEXT = 32 * 1024 * 1024;

/** One text per line; the values of one chunk together. */
export async function* linesOf(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<string[]> {
  let rest = "";
  for await (const chunk of decoded(bytes)) {
    const lines = (rest + chunk).split("\n");
    rest = checkedLength(lines.pop() ?? "");
    yield lines.filter((line) => line.trim() !== "");
  }
  if (rest.trim() !== "") yield [rest];
}

/** The texts of the elements of one array. */
export async function* elementsOf(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<string[]> {
  const splitter = new ArraySplitter();
  for await (const chunk of decoded(bytes)) yield splitter.push(chunk);
  splitter.end();
}

async function* decoded(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    for await (const chunk of bytes)
      yield decoder.decode(chunk, { stream: true });
    yield decoder.decode();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new BackendError("NotUtf8", "The file is not valid UTF-8");
  }
}

function checkedLength(text: string): string {
  if (text.length <= MAX_TEXT) return text;
  throw new BackendError("RowTooLarge", "A row is larger than 32 MiB");
}

/** Knows of JSON only what it needs to find the commas between elements; what is between them is parsed later. */
class ArraySplitter {
  #element = "";
  #depth = 0;
  #isString = false;
  #isEscaped = false;
  #hasEnded = false;

  push(chunk: string): string[] {
    const found: string[] = [];
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      const kind = this.#see(chunk[at] ?? "");
      if (kind === "inside") continue;
      if (kind === "separator") {
        const text = this.#element + chunk.slice(from, at);
        if (text.trim() !== "") found.push(text);
        else if (chunk[at] === ",") throw missingElement();
      }
      this.#element = "";
      from = at + 1;
    }
    this.#element = checkedLength(this.#element + chunk.slice(from));
    return found;
  }

  end(): void {
    if (!this.#hasEnded || this.#element.trim() !== "") throw notAnArray();
  }

  #see(letter: string): "inside" | "separator" | "outside" {
    if (this.#isString) return this.#seeInString(letter);
    if (this.#depth === 0) return this.#seeOutside(letter);
    if (letter === '"') this.#isString = true;
    else if (letter === "[" || letter === "{") this.#depth += 1;
    else if (letter === "]" || letter === "}") this.#depth -= 1;
    this.#hasEnded = this.#depth === 0;
    const isBetween = this.#depth === 1 && letter === ",";
    return isBetween || this.#hasEnded ? "separator" : "inside";
  }

  #seeInString(letter: string): "inside" {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (letter === "\\") this.#isEscaped = true;
    else if (letter === '"') this.#isString = false;
    return "inside";
  }

  #seeOutside(letter: string): "outside" {
    if (letter.trim() === "") return "outside";
    if (letter !== "[" || this.#hasEnded) throw notAnArray();
    this.#depth = 1;
    return "outside";
  }
}

function missingElement(): BackendError {
  return new BackendError(
    "JsonInvalidRow",
    "An element of the array is missing",
  );
}

function notAnArray(): BackendError {
  return new BackendError("NotJsonArray", "The file is not one JSON array");
}
