/** The body of start_push, evaluate_push and evaluate_schema. */
import { z } from "zod";
import { parseBody } from "./parse-body";

const vModule = z
  .object({
    path: z.string(),
    source: z.string(),
    sourceMap: z.string().nullish(),
    environment: z.enum(["isolate", "node"]),
  })
  .transform(({ sourceMap, ...rest }) =>
    typeof sourceMap === "string" ? { ...rest, sourceMap } : rest,
  );

const vModuleHash = z.object({
  path: z.string(),
  environment: z.enum(["isolate", "node"]),
  sha256: z.string(),
});

const vComponentDefinition = z.object({
  definitionPath: z.string(),
  definition: vModule,
  dependencies: z.array(z.string()),
  schema: vModule.nullish(),
  functions: z.array(vModule),
  udfServerVersion: z.string(),
});

const vPushRequest = z.object({
  adminKey: z.string(),
  dryRun: z.boolean().default(false),
  functions: z.string(),
  appDefinition: z.object({
    definition: vModule.nullish(),
    dependencies: z.array(z.string()),
    schema: vModule.nullish(),
    changedModules: z.array(vModule),
    unchangedModuleHashes: z.array(vModuleHash).default([]),
    udfServerVersion: z.string(),
  }),
  componentDefinitions: z.array(vComponentDefinition),
  nodeDependencies: z
    .array(z.object({ name: z.string(), version: z.string() }))
    .default([]),
});

export type PushRequest = z.infer<typeof vPushRequest>;

export function parsePushRequest(body: unknown): PushRequest {
  return parseBody(vPushRequest, body);
}
