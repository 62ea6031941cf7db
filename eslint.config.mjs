import convexPlugin from "@convex-dev/eslint-plugin";
import next from "eslint-config-next/core-web-vitals";
import tseslint from "typescript-eslint";
import { boundaries } from "./scripts/lib/boundaries.mjs";

/** The Next preset applies to the web app only; its global ignores stay global. */
const webOnly = next.map((block) =>
  Object.keys(block).every((key) => key === "ignores" || key === "name")
    ? block
    : { ...block, files: ["src/**/*.{ts,tsx}"] },
);

export default tseslint.config(
  {
    ignores: [
      "**/node_modules/",
      ".next*/",
      ".lockstep*/",
      "convex/_generated/",
      "next-env.d.ts",
      "public/",
      "tests/conformance/*app/",
      "bench/*/*app/",
      "tests/e2e/out/",
    ],
  },
  ...webOnly,
  {
    files: ["**/*.{ts,tsx}"],
    extends: [
      ...tseslint.configs.recommendedTypeChecked,
      ...convexPlugin.configs.recommended,
    ],
    languageOptions: {
      parserOptions: {
        project: [
          "./tsconfig.json",
          "./tsconfig.tools.json",
          "./convex/tsconfig.json",
          "./embedded/tsconfig.json",
        ],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_" },
      ],
      "@typescript-eslint/no-base-to-string": "off",
      "@typescript-eslint/require-await": "off",
      "@typescript-eslint/no-misused-promises": [
        "error",
        { checksVoidReturn: { attributes: false, arguments: false } },
      ],
      "@typescript-eslint/restrict-template-expressions": "off",
      "react/no-unescaped-entities": "off",
    },
  },
  {
    // Where environment variables are read; the CLI evaluates auth.config.ts by itself.
    files: ["convex/environment.ts", "convex/auth.config.ts"],
    rules: { "@convex-dev/no-process-env": "off" },
  },
  {
    // A list in order of creation needs an index of its own: a longer one orders by its further fields first.
    files: ["convex/tables/*.ts"],
    rules: { "@convex-dev/no-duplicate-indexes": "off" },
  },
  {
    // `expect.any()` and the like are typed `any`.
    files: ["**/*.{test,suite}.ts", "**/*.test.tsx"],
    rules: {
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
    },
  },
  {
    // About the React Compiler, which is not used here.
    files: ["src/**/*.tsx"],
    rules: { "react-hooks/incompatible-library": "off" },
  },
  ...boundaries,
);
