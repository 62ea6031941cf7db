/** The part of `lockstep.d.ts` that is `z`. */
export const SCHEMA_TYPES = String.raw`export interface Schema<T> {
    readonly "~type": T;
    optional(): OptionalSchema<T>;
    nullable(): Schema<T | null>;
    nullish(): OptionalSchema<T | null>;
    /** Filled in when the property is missing. */
    default(value: T): Schema<T>;
    array(): ArraySchema<T>;
    or<U>(other: Schema<U>): Schema<T | U>;
    describe(text: string): this;
  }
  interface OptionalSchema<T> extends Schema<T | undefined> {
    readonly "~optional": true;
  }
  interface StringSchema extends Schema<string> {
    min(length: number): this;
    max(length: number): this;
    length(length: number): this;
    regex(pattern: RegExp): this;
    startsWith(text: string): this;
    endsWith(text: string): this;
    includes(text: string): this;
  }
  interface NumberSchema extends Schema<number> {
    int(): this;
    min(value: number): this;
    max(value: number): this;
    gt(value: number): this;
    gte(value: number): this;
    lt(value: number): this;
    lte(value: number): this;
    positive(): this;
    negative(): this;
    nonnegative(): this;
    multipleOf(value: number): this;
  }
  interface ArraySchema<T> extends Schema<T[]> {
    min(length: number): this;
    max(length: number): this;
    length(length: number): this;
    nonempty(): this;
  }
  type Shape = Record<string, Schema<any>>;
  type Flat<T> = { [K in keyof T]: T[K] };
  type OptionalKeys<S extends Shape> = { [K in keyof S]: S[K] extends { "~optional": true } ? K : never }[keyof S];
  type ObjectOf<S extends Shape> = Flat<
    { [K in Exclude<keyof S, OptionalKeys<S>>]: S[K]["~type"] } & { [K in OptionalKeys<S>]?: S[K]["~type"] }
  >;
  interface ObjectSchema<S extends Shape> extends Schema<ObjectOf<S>> {
    extend<E extends Shape>(shape: E): ObjectSchema<Omit<S, keyof E> & E>;
    pick<K extends keyof S>(keys: { [P in K]: true }): ObjectSchema<Pick<S, K>>;
    omit<K extends keyof S>(keys: { [P in K]: true }): ObjectSchema<Omit<S, K>>;
    partial(): ObjectSchema<{ [K in keyof S]: OptionalSchema<S[K]["~type"]> }>;
  }
  interface EnumSchema<T extends string> extends Schema<T> {
    readonly options: T[];
  }
  type TypeOf<S> = S extends Schema<infer T> ? T : never;

  /** Describes shapes of values: a part of zod. Only for the definition. */
  export namespace z {
    export type infer<S> = TypeOf<S>;
    export function string(): StringSchema;
    export function email(): StringSchema;
    export function url(): StringSchema;
    export function uuid(): StringSchema;
    export function number(): NumberSchema;
    export function int(): NumberSchema;
    export function boolean(): Schema<boolean>;
    export function any(): Schema<any>;
    export function unknown(): Schema<unknown>;
    export function json(): Schema<any>;
    function null_(): Schema<null>;
    function enum_<const T extends readonly string[]>(values: T): EnumSchema<T[number]>;
    export { null_ as null, enum_ as enum };
    export function literal<const T extends string | number | boolean | null>(value: T): Schema<T>;
    export function object<S extends Shape>(shape: S): ObjectSchema<S>;
    export function strictObject<S extends Shape>(shape: S): ObjectSchema<S>;
    export function looseObject<S extends Shape>(shape: S): ObjectSchema<S>;
    export function array<T>(item: Schema<T>): ArraySchema<T>;
    export function tuple<const T extends readonly Schema<any>[]>(items: T): Schema<{ -readonly [K in keyof T]: TypeOf<T[K]> }>;
    export function record<V>(key: Schema<string>, value: Schema<V>): Schema<Record<string, V>>;
    export function union<T extends readonly Schema<any>[]>(options: T): Schema<TypeOf<T[number]>>;
    export function discriminatedUnion<T extends readonly Schema<any>[]>(key: string, options: T): Schema<TypeOf<T[number]>>;
    export function optional<T>(schema: Schema<T>): OptionalSchema<T>;
    export function nullable<T>(schema: Schema<T>): Schema<T | null>;
    export namespace iso {
      function date(): StringSchema;
      function datetime(): StringSchema;
      function time(): StringSchema;
    }
  }`;
