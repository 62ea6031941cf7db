import { describe, expect, it } from "vitest";
import type { MountedComponent } from "./component-tree";
import { PLAIN_APP } from "./component-definition";
import { requireDeclaredVariables } from "./declared-variables";

type EnvVars = NonNullable<typeof PLAIN_APP.envVars>;

const TEXT = JSON.stringify({ type: "string" });
const ONE_OF_TWO = JSON.stringify({
  type: "union",
  value: [
    { type: "literal", value: "loud" },
    { type: "literal", value: "quiet" },
  ],
});

function mounted(
  componentPath: string,
  envVars: EnvVars,
  env: MountedComponent["env"],
): MountedComponent {
  return {
    componentPath,
    definitionPath: componentPath,
    children: {},
    httpMounts: {},
    httpPrefix: null,
    isMounted: true,
    env,
    evaluated: {
      definition: { ...PLAIN_APP, envVars },
      schema: null,
      modules: [],
      functions: {},
      udfServerVersion: "1.48.0",
    },
  };
}

describe("declared variables", () => {
  const app = mounted("", [["OWNER", { value: TEXT }]], null);
  it("that are required must be set, all that are not are named at once", () => {
    const part = mounted("part", [["COLOR", { value: TEXT }]], []);
    expect(() => requireDeclaredVariables([app, part], {})).toThrow(
      "are not set: OWNER, COLOR.",
    );
  });
  it("are set by their parent's value or by a variable of the app", () => {
    const declared: EnvVars = [
      ["COLOR", { value: TEXT }],
      ["KEEPER", { value: TEXT }],
      ["MOOD", { value: TEXT, optional: true }],
    ];
    const part = mounted("part", declared, [
      ["COLOR", { type: "value", value: "green" }],
      ["KEEPER", { type: "envVar", name: "OWNER" }],
    ]);
    const require = (environment: Record<string, string>) => () =>
      requireDeclaredVariables([app, part], environment);
    expect(require({ OWNER: "ada" })).not.toThrow();
    expect(require({})).toThrow("are not set: OWNER.");
  });
  it("hold what their validator allows", () => {
    const modal = mounted(
      "",
      [["MODE", { value: ONE_OF_TWO, optional: true }]],
      null,
    );
    const require = (environment: Record<string, string>) => () =>
      requireDeclaredVariables([modal], environment);
    expect(require({})).not.toThrow();
    expect(require({ MODE: "quiet" })).not.toThrow();
    expect(require({ MODE: "odd" })).toThrow(
      'Environment variable MODE of the app is set to a value that its validator does not allow. Allowed: "loud", "quiet".',
    );
  });
});
