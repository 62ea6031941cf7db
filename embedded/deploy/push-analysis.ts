import { convexToJson, type JSONValue } from "convex/values";
import type { EvaluatedPush } from "./evaluate-push";

/** The `analysis` of `start_push`: what each definition contains, by its path. */
export function analysisJson(
  push: EvaluatedPush,
  importPhase: { seed: Uint8Array; nowMs: number },
): JSONValue {
  const seed = convexToJson(new Uint8Array(importPhase.seed).buffer);
  const importedAt = convexToJson(
    BigInt(Math.floor(importPhase.nowMs)) * 1_000_000n,
  );
  const entries = [...push.definitions].map(([path, evaluated]) => {
    const { definition, schema, functions, udfServerVersion } = evaluated;
    const udfConfig = {
      serverVersion: udfServerVersion,
      importPhaseRngSeed: seed,
      importPhaseUnixTimestamp: importedAt,
    };
    return [path, { definition, schema, functions, udfConfig }];
  });
  return JSON.parse(JSON.stringify(Object.fromEntries(entries))) as JSONValue;
}
