/** Arbitrary documents and queries over a few tables and indexes, small enough that they meet. */
import { convexToJson, type JSONValue, type Value } from "convex/values";
import fc from "fast-check";
import type { DocumentJson, QueryJson, SchemaJson } from "../types";
import { schemaWith } from "./test-database";

export type Table = "t" | "u";
export type IndexShape = { name: string; fields: string[] };
export type Bound = {
  type: "Eq" | "Gt" | "Gte" | "Lt" | "Lte";
  fieldPath: string;
  value: JSONValue;
};
export type Operator = { filter: JSONValue } | { limit: number };
export type QueryShape = {
  table: Table;
  index: IndexShape;
  order: "asc" | "desc";
  bounds: Bound[];
  operators: Operator[];
};

const BUILT_IN: IndexShape = { name: "by_creation_time", fields: [] };
const INDEXES: IndexShape[] = [
  { name: "by_a", fields: ["a"] },
  { name: "by_a_b", fields: ["a", "b"] },
  { name: "by_n", fields: ["n.x", "a"] },
];
const MISSING: JSONValue = { $undefined: null };
const VALUES: Value[] = [null, 1, 2, -0, 0, NaN, 1n, 2n ** 63n - 1n, "", "x"];
const MORE_VALUES: Value[] = ["y", false, true, [1], [], {}, { x: 1 }];

const value = fc.constantFrom<JSONValue>(
  ...VALUES.map((item) => convexToJson(item)),
  ...MORE_VALUES.map((item) => convexToJson(item)),
);
const valueOrMissing = fc.oneof(
  { weight: 5, arbitrary: value },
  { weight: 1, arbitrary: fc.constant(MISSING) },
);

export const table = fc.constantFrom<Table>("t", "u");
const nested = fc.oneof(
  value,
  value.map((x) => ({ x })),
);
/** Fields may be missing, or undefined, which removes them from a patched document. */
export const fields: fc.Arbitrary<DocumentJson> = fc.record(
  { a: valueOrMissing, b: valueOrMissing, n: nested },
  { requiredKeys: [], noNullPrototype: true },
);

function boundsOn(index: IndexShape): fc.Arbitrary<Bound[]> {
  const keyFields = [...index.fields, "_creationTime"];
  return fc.nat(index.fields.length).chain((equalities) => {
    const fieldPath = keyFields[equalities] ?? "_creationTime";
    const eq = keyFields.slice(0, equalities).map((field) =>
      valueOrMissing.map((item): Bound => {
        return { type: "Eq", fieldPath: field, value: item };
      }),
    );
    const side = (types: [Bound["type"], Bound["type"]]) =>
      fc.option(
        fc
          .tuple(fc.constantFrom(...types), valueOrMissing)
          .map(([type, item]): Bound => ({ type, fieldPath, value: item })),
        { nil: null, freq: 2 },
      );
    return fc
      .tuple(fc.tuple(...eq), side(["Gt", "Gte"]), side(["Lt", "Lte"]))
      .map(([leading, lower, upper]) =>
        [...leading, lower, upper].filter((bound) => bound !== null),
      );
  });
}

const expression: fc.Arbitrary<JSONValue> = fc.letrec<{ it: JSONValue }>(
  (tie) => ({
    it: fc.oneof(
      { maxDepth: 2 },
      fc
        .tuple(
          fc.constantFrom("$eq", "$neq", "$lt", "$lte", "$gt", "$gte"),
          fc.constantFrom("a", "b", "n", "n.x", "_creationTime"),
          valueOrMissing,
        )
        .map(([operator, $field, $literal]): JSONValue => {
          return { [operator]: [{ $field }, { $literal }] };
        }),
      fc.array(tie("it"), { maxLength: 2 }).map(($and) => ({ $and })),
      fc.array(tie("it"), { maxLength: 2 }).map(($or) => ({ $or })),
      tie("it").map(($not) => ({ $not })),
    ),
  }),
).it;

export const filter: fc.Arbitrary<Operator> = expression.map((it) => ({
  filter: it,
}));
const operator = fc.oneof(
  filter,
  fc.nat(4).map((limit) => ({ limit })),
);

export function arbitraryQuery(
  operators: fc.Arbitrary<Operator[]> = fc.array(operator, { maxLength: 2 }),
): fc.Arbitrary<QueryShape> {
  return fc.constantFrom(BUILT_IN, ...INDEXES).chain((index) =>
    fc.record({
      table,
      index: fc.constant(index),
      order: fc.constantFrom("asc" as const, "desc" as const),
      bounds: boundsOn(index),
      operators,
    }),
  );
}

export function queryOf(shape: QueryShape): QueryJson {
  return {
    source: {
      type: "IndexRange",
      indexName: `${shape.table}.${shape.index.name}`,
      range: shape.bounds,
      order: shape.order,
    },
    operators: shape.operators,
  };
}

/** Every subset of the indexes; where `by_a` is missing, another index has its name. */
export const indexSets: fc.Arbitrary<IndexShape[]> = fc.subarray(INDEXES);

export function schemaOf(indexes: IndexShape[]): SchemaJson {
  const declared = Object.fromEntries(
    indexes.map(({ name, fields: indexed }) => [name, indexed]),
  );
  return schemaWith({ t: { by_a: ["b", "a"], ...declared }, u: declared });
}

export const ALL_INDEXES = schemaOf(INDEXES);

export function isDeclared(shape: QueryShape, indexes: IndexShape[]): boolean {
  return shape.index === BUILT_IN || indexes.includes(shape.index);
}
