/**
 * Tells whether the realm's built-ins are as they were. Inside the realm, with the built-ins as they were at first:
 * user code may have replaced any of them.
 */
const { getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect;
const { is } = Object;

type Values = { [name: PropertyKey]: unknown };
type Watched = {
  object: Values;
  size: number;
  dataNames: PropertyKey[];
  data: unknown[];
  accessorNames: PropertyKey[];
  getters: unknown[];
};

/** What libraries replace, if anything: looked at after every handler. */
const FREQUENT = [
  Object,
  Object.prototype,
  Array.prototype,
  Promise,
  Promise.prototype,
  Math,
  JSON,
];
const FREQUENT_GLOBALS = ["Date", "console", "process"];

export class BuiltinsWatch {
  readonly #objects: object[];
  readonly #frequentObjects: object[];
  /** Loops over this meet whatever was added to the prototypes of arrays and objects. */
  readonly #empty: object = [];
  #all: Watched[] = [];
  #frequent: Watched[] = [];

  constructor() {
    this.#objects = withPrototypes(
      ownKeys(globalThis).filter((name) => typeof name === "string"),
    );
    const globals = globalThis as unknown as { [name: string]: object };
    this.#frequentObjects = [
      ...FREQUENT,
      ...FREQUENT_GLOBALS.flatMap((name) => globals[name] ?? []),
    ];
  }

  /** From here on, what is now is as it should be. */
  remember(): void {
    this.#all = this.#objects.map(watch);
    this.#frequent = this.#frequentObjects.map(watch);
  }

  isUntouched(): boolean {
    return areSame(this.#all, true);
  }

  /** Cheap: sees replaced members of the most used built-ins, and additions that loops over objects would meet. */
  isProbablyUntouched(): boolean {
    for (const _ in this.#empty) return false;
    return areSame(this.#frequent, false);
  }
}

/** The globals of these names and their prototypes. The global scope itself is watched from outside, where it is fast. */
function withPrototypes(names: string[]): object[] {
  const objects = new Set<object>();
  const add = (value: unknown): void => {
    const isObject = typeof value === "object" || typeof value === "function";
    if (isObject && value !== null && value !== globalThis) objects.add(value);
  };
  const globals = globalThis as unknown as { [name: string]: object };
  for (const name of names) {
    const value = globals[name];
    add(value);
    if (typeof value !== "function") continue;
    add(value.prototype);
    add(getPrototypeOf(value));
  }
  return [...objects];
}

function watch(object: object): Watched {
  const watched: Watched = {
    object: object as Values,
    size: 0,
    dataNames: [],
    data: [],
    accessorNames: [],
    getters: [],
  };
  for (const name of ownKeys(object)) {
    const property = getOwnPropertyDescriptor(object, name);
    watched.size++;
    if (property !== undefined && "value" in property) {
      watched.dataNames.push(name);
      watched.data.push(property.value);
    } else {
      watched.accessorNames.push(name);
      watched.getters.push(property?.get);
    }
  }
  return watched;
}

function areSame(all: readonly Watched[], isThorough: boolean): boolean {
  for (let i = 0; i < all.length; i++) {
    const watched = all[i];
    if (watched === undefined || !hasSameData(watched)) return false;
    if (isThorough && !hasSameShape(watched)) return false;
  }
  return true;
}

function hasSameData({ object, dataNames, data }: Watched): boolean {
  for (let i = 0; i < dataNames.length; i++)
    if (!is(object[dataNames[i] as string], data[i])) return false;
  return true;
}

function hasSameShape({
  object,
  size,
  accessorNames,
  getters,
}: Watched): boolean {
  if (ownKeys(object).length !== size) return false;
  for (let i = 0; i < accessorNames.length; i++) {
    const name = accessorNames[i] as string;
    if (getOwnPropertyDescriptor(object, name)?.get !== getters[i])
      return false;
  }
  return true;
}
