import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { SKIPPED_FILES } from "./tests/support/executor/convex-test-skips.ts";
import { wasmModules } from "./tests/support/wasm-vite-plugin.ts";

const here = (path: string): string =>
  fileURLToPath(new URL(path, import.meta.url));

/** A process hears whom to trust as it begins, so a test cannot say it. */
const trusted = here("embedded/runtime/actions/fetch/testing/trusted.pem");

const never = ["**/node_modules/**", "**/.next*/**", "**/out/**"];

export default defineConfig(() => {
  const shared = {
    plugins: [wasmModules(here(".").replace(/\/$/, ""))],
    resolve: {
      alias: [
        { find: /^@\/convex\//, replacement: here("convex/") },
        { find: /^@\//, replacement: here("src/") },
      ],
    },
  };
  const project = (
    name: string,
    include: string[],
    options: {
      exclude?: string[];
      seconds?: number;
      serial?: boolean;
      setupFiles?: string[];
      env?: Record<string, string>;
    } = {},
  ) => ({
    ...shared,
    test: {
      name,
      include,
      exclude: [...never, ...(options.exclude ?? [])],
      environment: "node",
      // Their entries for tests are sources, which list modules by glob.
      server: {
        deps: { inline: [/@convex-dev\/(rate-limiter|batch-worker)\//] },
      },
      setupFiles: options.setupFiles ?? [],
      env: options.env ?? {},
      testTimeout: (options.seconds ?? 15) * 1000,
      hookTimeout: Math.max(options.seconds ?? 0, 60) * 1000,
      fileParallelism: !options.serial,
    },
  });
  return {
    test: {
      maxWorkers: 2,
      projects: [
        project(
          "unit",
          [
            "{embedded,src,cli,convex,scripts}/**/*.test.{ts,tsx}",
            "tests/lint/**/*.test.ts",
          ],
          {
            exclude: ["convex/executor/**"],
            seconds: 30,
            env: { NODE_EXTRA_CA_CERTS: trusted },
          },
        ),
        project("executor", ["convex/executor/**/*.test.ts"], { seconds: 60 }),
        project("convex-test", ["convex/executor/**/*.test.ts"], {
          seconds: 240,
          exclude: SKIPPED_FILES,
          setupFiles: ["./tests/support/executor/convex-test-setup.ts"],
          env: { TEST_GROUND: "convex-test" },
        }),
        project("conformance", ["tests/{conformance,fuzz}/**/*.test.ts"], {
          seconds: 120,
          serial: true,
          setupFiles: ["./tests/conformance/skip-setup.ts"],
        }),
        project("chaos", ["tests/chaos/**/*.test.ts"], {
          seconds: 180,
          serial: true,
        }),
        project("e2e", ["tests/e2e/**/*.test.ts"], {
          seconds: 240,
          serial: true,
        }),
      ],
    },
  };
});
