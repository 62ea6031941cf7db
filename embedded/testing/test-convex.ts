/** The types of the `convex-test` package, so that a test changes its import and nothing else. */
import type {
  DataModelFromSchemaDefinition,
  FunctionReference,
  FunctionReturnType,
  GenericActionCtx,
  GenericDataModel,
  GenericMutationCtx,
  GenericQueryCtx,
  GenericSchema,
  OptionalRestArgs,
  RequestMetadata,
  SchemaDefinition,
  UserIdentity,
} from "convex/server";
import type { ModuleGlob } from "./test-modules";
import type { TransactionMetric } from "./transaction-budget";

export type TestConvex<
  SchemaDef extends SchemaDefinition<GenericSchema, boolean>,
> = TestConvexRoot<DataModelFromSchemaDefinition<SchemaDef>>;

export type TransactionMetrics = { [Metric in TransactionMetric]: number };

export interface ConvexTestOptions<Schema extends GenericSchema> {
  schema?: SchemaDefinition<Schema, boolean>;
  /** `import.meta.glob("./**\/*.*s")` beside the functions; without it, the project's `convex` folder. */
  modules?: ModuleGlob;
  /** Limits below the deployment's own, which always hold. */
  transactionLimits?: Partial<TransactionMetrics> | boolean;
}

/** The package's own types say so, and conditional types are the same only when they are written the same. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Any = any;

/** Calls a public or internal function by its reference, or runs a function given here. */
type Call<Kind extends "query" | "mutation" | "action", Ctx> = <
  Fn extends FunctionReference<Kind, Any> | ((ctx: Ctx) => Promise<Any>),
>(
  referenceOrFunction: Fn,
  ...args: Fn extends FunctionReference<Kind, Any> ? OptionalRestArgs<Fn> : []
) => Promise<
  Fn extends FunctionReference<Kind, Any>
    ? FunctionReturnType<Fn>
    : Fn extends (ctx: Any) => Promise<infer Output>
      ? Output
      : never
>;

export interface TestConvexForDataModel<DataModel extends GenericDataModel> {
  query: Call<"query", GenericQueryCtx<DataModel>>;
  mutation: Call<"mutation", GenericMutationCtx<DataModel>>;
  action: Call<"action", GenericActionCtx<DataModel>>;
  /** Reads and writes the database in one transaction; `fetch` and timers are refused in it. */
  run: <Output>(
    work: (
      ctx: GenericMutationCtx<DataModel> &
        Pick<GenericActionCtx<DataModel>, "storage">,
    ) => Promise<Output>,
  ) => Promise<Output>;
  /** Calls an HTTP action; the path starts with `/`. */
  fetch(pathQueryFragment: string, init?: RequestInit): Promise<Response>;
  /** Waits for the scheduled functions that have started. */
  finishInProgressScheduledFunctions: () => Promise<void>;
  /** Advances timers until nothing is scheduled; at most 100 times unless told otherwise. */
  finishAllScheduledFunctions: (
    advanceTimers: () => void,
    maxIterations?: number,
  ) => Promise<void>;
  /** The same backend as another user. `issuer`, `subject` and `tokenIdentifier` are made up when absent. */
  withIdentity(
    identity: Partial<UserIdentity>,
  ): TestConvexForDataModel<DataModel>;
  /** The same backend, called from elsewhere. */
  withRequestMetadata(
    metadata: Partial<Pick<RequestMetadata, "ip" | "userAgent">>,
  ): TestConvexForDataModel<DataModel>;
}

export type TestConvexRoot<DataModel extends GenericDataModel> =
  TestConvexForDataModel<DataModel> & {
    /** Mounts a component; nested ones by their path, `parent/child`. */
    registerComponent: (
      componentPath: string,
      schema: SchemaDefinition<GenericSchema, boolean>,
      glob: ModuleGlob,
    ) => void;
  };

/** @deprecated Use `TestConvexRoot`. */
export type TestConvexForDataModelAndIdentity<
  DataModel extends GenericDataModel,
> = TestConvexRoot<DataModel>;
