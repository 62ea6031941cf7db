/** The API of the `convex-test` package on the embedded backend's own engine: import this instead, change nothing else. */
import type { GenericSchema, SchemaDefinition } from "convex/server";
import { defaultModules } from "./default-modules";
import { NOBODY, testCaller } from "./test-caller";
import type { ConvexTestOptions, TestConvex } from "./test-convex";
import { type AnySchema, TestEngine } from "./test-engine";
import type { ModuleGlob } from "./test-modules";

export type {
  TestConvex,
  TestConvexForDataModel,
  TestConvexForDataModelAndIdentity,
  TestConvexRoot,
} from "./test-convex";

type AnySchemaDefinition<Schema extends GenericSchema> = SchemaDefinition<
  Schema,
  boolean
>;

/** A fresh backend, in memory, for one test. */
export function convexTest<Schema extends GenericSchema>(
  schema?: AnySchemaDefinition<Schema>,
  modules?: ModuleGlob,
): TestConvex<AnySchemaDefinition<Schema>>;
export function convexTest<Schema extends GenericSchema>(
  options: ConvexTestOptions<Schema>,
): TestConvex<AnySchemaDefinition<Schema>>;
export function convexTest<Schema extends GenericSchema>(
  schemaOrOptions: AnySchemaDefinition<Schema> | ConvexTestOptions<Schema> = {},
  modules?: ModuleGlob,
): TestConvex<AnySchemaDefinition<Schema>> {
  const options = isSchema(schemaOrOptions)
    ? { schema: schemaOrOptions, ...(modules && { modules }) }
    : { ...(modules && { modules }), ...schemaOrOptions };
  const limits = options.transactionLimits;
  const engine = new TestEngine(typeof limits === "object" ? limits : {});
  engine.addComponent("", options.schema, options.modules ?? defaultModules());
  const t = {
    ...testCaller(engine, NOBODY),
    registerComponent: (path: string, schema: AnySchema, glob: ModuleGlob) =>
      engine.addComponent(path, schema, glob),
  };
  // The data model exists in types only.
  return t as unknown as TestConvex<AnySchemaDefinition<Schema>>;
}

function isSchema<Schema extends GenericSchema>(
  given: AnySchemaDefinition<Schema> | ConvexTestOptions<Schema>,
): given is AnySchemaDefinition<Schema> {
  return "tables" in given && typeof given.tables === "object";
}
