import { ESLint, type Linter } from "eslint";
import { beforeAll, describe, expect, it } from "vitest";
import { boundaries } from "../../scripts/lib/boundaries.mjs";
import tseslint from "typescript-eslint";

/**
 * Patterns that match nothing are silent, so each forbidden import of the architecture's table is tried here. Only the
 * boundary blocks are loaded: the snippets need no type information and no file on disk.
 */
// typescript-eslint's own types and ESLint's differ in detail under exactOptionalPropertyTypes.
const typescript = {
  files: ["**/*.{ts,tsx}"],
  languageOptions: { parser: tseslint.parser },
  plugins: { "@typescript-eslint": tseslint.plugin },
} as Linter.Config;

let eslint: ESLint;
beforeAll(() => {
  eslint = new ESLint({
    overrideConfigFile: true,
    overrideConfig: [typescript, ...boundaries],
  });
});

async function problems(filePath: string, source: string): Promise<string[]> {
  const results = await eslint.lintText(source, { filePath });
  return results.flatMap((result) =>
    result.messages.map((message) => message.ruleId ?? message.message),
  );
}

const rule = "@typescript-eslint/no-restricted-imports";

const forbidden: [file: string, imported: string][] = [
  ["convex/workflows.ts", "../src/lib/format"],
  ["convex/workflows.ts", "../embedded/backend"],
  ["convex/workflows.ts", "react"],
  ["convex/model/access.ts", "../../embedded/values/document-id"],
  ["convex/model/access.ts", "../api/rest"],
  ["convex/language/compile.ts", "convex/server"],
  ["convex/language/compile.ts", "../_generated/server"],
  ["convex/language/compile.ts", "../model/access"],
  ["convex/executor/flow/transitions.ts", "convex/server"],
  ["convex/executor/flow/transitions.ts", "../../model/runs"],
  ["convex/executor/flow/turn.ts", "../../api/webhooks"],
  ["convex/validators/runs.ts", "../schema"],
  ["convex/validators/runs.ts", "convex/server"],
  ["embedded/backend.ts", "../convex/schema"],
  ["embedded/backend.ts", "./testing/convex-test"],
  ["embedded/runtime/runtime.ts", "./testing/test-backend"],
  ["embedded/scheduler/scheduler.ts", "../testing/convex-test"],
  ["embedded/database/committer.ts", "../../convex/schema"],
  ["embedded/database/committer.ts", "../../src/lib/format"],
  ["embedded/database/committer.ts", "@/lib/format"],
  ["embedded/values/document-id.ts", "../storage/sqlite"],
  ["embedded/storage/sqlite.ts", "../database/transaction"],
  ["embedded/database/committer.ts", "../runtime/realm/realm"],
  ["embedded/runtime/runner.ts", "../scheduler/scheduler"],
  ["embedded/scheduler/scheduler.ts", "../sync/session"],
  ["embedded/sync/session.ts", "../http/router"],
  ["embedded/deploy/push.ts", "../http/router"],
  ["embedded/deploy/push.ts", "../backend"],
  ["src/lib/format.ts", "@/components/ui/button"],
  ["src/lib/format.ts", "../features/runs/run-page"],
  ["src/components/ui/button.tsx", "@/features/runs/run-page"],
  ["src/components/data-table/table.tsx", "../../app/page"],
  ["src/features/runs/run-page.tsx", "../../../convex/model/access"],
  ["src/features/runs/run-page.tsx", "@/convex/executor/turn"],
  ["src/app/page.tsx", "../../embedded/backend"],
];

const allowed: [file: string, imported: string][] = [
  ["convex/workflows.ts", "./model/access"],
  ["convex/workflows.ts", "convex/server"],
  ["convex/language/compile.ts", "./graph"],
  ["embedded/database/committer.ts", "../values/document-id"],
  ["embedded/database/committer.ts", "convex/values"],
  ["embedded/http/router.ts", "../deploy/push"],
  ["embedded/testing/convex-test.ts", "../database/testing/test-database"],
  ["src/features/runs/run-page.tsx", "@/convex/_generated/api"],
  ["src/features/runs/run-page.tsx", "@/convex/language/durations"],
  ["src/components/data-table/table.tsx", "@/lib/format"],
  ["src/app/page.tsx", "@/features/runs/runs-page"],
];

describe("module boundaries", () => {
  it.each(forbidden)("%s may not import %s", async (file, imported) => {
    expect(
      await problems(file, `import { x } from "${imported}";\nx();\n`),
    ).toEqual([rule]);
  });

  it.each(allowed)("%s may import %s", async (file, imported) => {
    expect(
      await problems(file, `import { x } from "${imported}";\nx();\n`),
    ).toEqual([]);
  });

  it("a type may come from a later layer of the embedded backend", async () => {
    const source = 'import type { T } from "../database/types";\n';
    expect(await problems("embedded/values/document-id.ts", source)).toEqual(
      [],
    );
  });
});
