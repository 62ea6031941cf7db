import { Blob, File } from "./blob";

export type FormValue = string | File;

export class FormData {
  #entries: [string, FormValue][] = [];

  append(name: string, value: string | Blob, filename?: string): void {
    this.#entries.push([String(name), formValue(value, filename)]);
  }

  set(name: string, value: string | Blob, filename?: string): void {
    const at = this.#entries.findIndex(([key]) => key === name);
    if (at === -1) return this.append(name, value, filename);
    const entry: [string, FormValue] = [
      String(name),
      formValue(value, filename),
    ];
    this.#entries = this.#entries.flatMap((own, index) =>
      index === at ? [entry] : own[0] === name ? [] : [own],
    );
  }

  get(name: string): FormValue | null {
    return this.#entries.find(([key]) => key === name)?.[1] ?? null;
  }

  getAll(name: string): FormValue[] {
    return this.#entries.flatMap(([key, value]) =>
      key === name ? [value] : [],
    );
  }

  has(name: string): boolean {
    return this.#entries.some(([key]) => key === name);
  }

  delete(name: string): void {
    this.#entries = this.#entries.filter(([key]) => key !== name);
  }

  forEach(
    callback: (value: FormValue, name: string, form: FormData) => void,
    thisArg?: unknown,
  ): void {
    for (const [name, value] of this.#entries)
      callback.call(thisArg, value, name, this);
  }

  *entries(): IterableIterator<[string, FormValue]> {
    for (const [name, value] of this.#entries) yield [name, value];
  }

  *keys(): IterableIterator<string> {
    for (const [name] of this.#entries) yield name;
  }

  *values(): IterableIterator<FormValue> {
    for (const [, value] of this.#entries) yield value;
  }

  [Symbol.iterator](): IterableIterator<[string, FormValue]> {
    return this.entries();
  }

  get [Symbol.toStringTag](): string {
    return "FormData";
  }
}

function formValue(value: string | Blob, filename?: string): FormValue {
  if (!(value instanceof Blob)) return String(value);
  if (value instanceof File && filename === undefined) return value;
  return new File([value], filename ?? "blob", { type: value.type });
}
