/** For tests: a database in memory, a runtime and what it takes to call functions by name. */
import type { JSONValue } from "convex/values";
import { openDatabase } from "../../database/database";
import type { Clock, Database } from "../../database/types";
import { createMemoryFiles } from "../files/storage-files";
import type { RuntimeLimits } from "../limits";
import { createRuntime } from "../runtime";
import type {
  FunctionCall,
  Identity,
  LoadedComponent,
  Runtime,
} from "../types";
import { RandomPool } from "../../values/random-pool";
import { bundleModules, type SourceFiles } from "./bundle-modules";

export interface TestBackend {
  database: Database;
  runtime: Runtime;
  call(
    path: string,
    args?: JSONValue,
    overrides?: Partial<FunctionCall>,
  ): FunctionCall;
  close(): Promise<void>;
}

export const APP: LoadedComponent = {
  componentPath: "",
  definitionPath: "",
  modules: [],
  schema: null,
  children: {},
  httpMounts: {},
  env: "all",
};
const NOBODY: Identity = { kind: "none" };

export async function startTestBackend(
  sources: SourceFiles,
  options: {
    limits?: Partial<RuntimeLimits>;
    components?: LoadedComponent[];
    app?: Partial<LoadedComponent>;
    /** Of the database. */
    clock?: Clock;
  } = {},
): Promise<TestBackend> {
  const clock = options.clock ?? { now: () => Date.now() };
  const random = new RandomPool();
  const database = openDatabase({ path: ":memory:", clock, random });
  const runtime = createRuntime({
    database,
    storageFiles: createMemoryFiles(),
    origins: { cloudUrl: "http://cloud.test", siteUrl: "http://site.test" },
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  const components = options.components ?? [];
  database.applySchemas(
    new Map(
      components.map((component) => [
        component.componentPath,
        component.schema,
      ]),
    ),
  );
  await runtime.load([
    { ...APP, ...options.app, modules: await bundleModules(sources) },
    ...components,
  ]);
  return {
    database,
    runtime,
    call: (path, args = {}, overrides = {}) => ({
      componentPath: "",
      path,
      args,
      identity: NOBODY,
      caller: "HttpApi",
      requestId: "0123456789abcdef",
      allowInternal: false,
      ...overrides,
    }),
    close: async () => {
      await runtime.close();
      database.close();
    },
  };
}
