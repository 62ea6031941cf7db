/**
 * Who may import whom, as ESLint blocks: the table of the architecture, one entry a folder. In ESLint a later block
 * replaces an earlier one for the same file, so each file must match the most special entry last.
 */

/** Import paths are relative or by alias, so a folder is recognised by its name between slashes. */
const inside = (folder) => [
  `@/${folder}`,
  `@/${folder}/*`,
  `@/${folder}/**`,
  `**/${folder}`,
  `**/${folder}/**`,
];

const convexServer = [
  "convex/server",
  "convex/server/*",
  "**/_generated/server",
];
const react = [
  "react",
  "react-dom",
  "react/*",
  "convex/react",
  "next",
  "next/*",
];
const otherApps = ["src", "embedded", "cli", "tests", "bench"];

/**
 * @param {string[]} files
 * @param {{ patterns: string[], why: string, typesAllowed?: boolean }[]} forbidden
 * @returns {import("eslint").Linter.Config}
 */
function block(files, forbidden) {
  return {
    files,
    ignores: ["**/*.test.ts", "**/*.test.tsx", "**/testing/**"],
    rules: {
      "@typescript-eslint/no-restricted-imports": [
        "error",
        {
          patterns: forbidden.map(
            ({ patterns, why, typesAllowed = false }) => ({
              group: patterns,
              message: why,
              allowTypeImports: typesAllowed,
            }),
          ),
        },
      ],
    },
  };
}

const outOfConvex = {
  patterns: [...otherApps.map((name) => `**/${name}/**`), ...react],
  why: "convex/ is pushed on its own: it imports nothing of the app or the backend.",
};
const pure = {
  patterns: [
    ...convexServer,
    ...["model", "executor", "steps", "api"].flatMap(inside),
  ],
  why: "convex/language and transitions are pure: no ctx, no server code, no other layer.",
  typesAllowed: true,
};

/** Each folder of the embedded backend may import only those before it. */
const layers = [
  "telemetry",
  "values",
  "storage",
  "database",
  "runtime",
  "scheduler",
  "auth",
  "sync",
  "deploy",
  "http",
];

const outOfEmbedded = {
  patterns: [
    "**/convex/**",
    "!convex/**",
    "!**/node_modules/**",
    "**/src/**",
    "**/cli/**",
    "@/**",
    ...react,
  ],
  why: "embedded/ knows nothing of workflows: functions reach it through the push.",
};

const testing = {
  patterns: ["**/testing/**"],
  why: "What is in testing/ is for tests, and no part of the product.",
};

const embeddedLayers = layers.map((layer, index) =>
  block(
    [`embedded/${layer}/**/*.ts`],
    [
      outOfEmbedded,
      testing,
      {
        patterns: [
          ...layers
            .slice(index + 1)
            .flatMap((later) => [`../${later}/*`, `../${later}/**`]),
          "../backend",
          "../main",
        ],
        why: `embedded/${layer} imports only the layers before it: ${layers.slice(0, index).join(", ") || "none"}.`,
        typesAllowed: true,
      },
    ],
  ),
);

/**
 * The server speaks through `telemetry/server-log.ts`.
 *
 * @type {import("eslint").Linter.Config}
 */
const oneLog = {
  files: ["embedded/**/*.ts"],
  ignores: ["**/*.test.ts", "**/testing/**"],
  rules: { "no-console": "error" },
};

const features = {
  patterns: ["**/features/**", "@/features/**", "**/app/**", "@/app/**"],
  why: "Shared parts do not know the features or routes that use them.",
};
const backendInUi = {
  patterns: ["**/embedded/**", "**/executor/**", "**/convex/model/**"],
  why: "src/ reaches the backend through convex/_generated/api, and may import pure code of convex/language and validators.",
};

export const boundaries = [
  block(["convex/**/*.ts"], [outOfConvex]),
  block(
    ["convex/language/**/*.ts", "convex/executor/flow/transitions.ts"],
    [outOfConvex, pure],
  ),
  block(
    ["convex/validators/*.ts"],
    [
      outOfConvex,
      {
        patterns: ["../*", ...convexServer],
        why: "validators import values and each other only.",
      },
    ],
  ),
  block(
    ["convex/model/**/*.ts"],
    [
      outOfConvex,
      {
        patterns: ["../api/**", "../http"],
        why: "model/ holds the rules; the edges import it, not the other way round.",
      },
    ],
  ),
  block(
    ["convex/executor/**/*.ts"],
    [
      outOfConvex,
      {
        patterns: ["../api/**", "../../api/**", "../http", "../../http"],
        why: "The executor does not know the edges.",
      },
    ],
  ),
  block(
    ["convex/executor/flow/transitions.ts", "convex/executor/flow/backoff.ts"],
    [outOfConvex, pure],
  ),
  block(["embedded/**/*.ts"], [outOfEmbedded, testing]),
  ...embeddedLayers,
  oneLog,
  block(["src/**/*.{ts,tsx}"], [backendInUi]),
  block(
    ["src/lib/**/*.{ts,tsx}"],
    [
      backendInUi,
      features,
      {
        patterns: ["**/components/**", "@/components/**"],
        why: "lib/ is below the components.",
      },
    ],
  ),
  block(["src/components/**/*.{ts,tsx}"], [backendInUi, features]),
];
