import { describe, expect, it } from "vitest";
import { readSettings, UsageError } from "./settings";

describe("settings", () => {
  it("have defaults that listen to this machine only", () => {
    expect(readSettings([], {})).toEqual({
      host: "127.0.0.1",
      port: 3210,
      sitePort: 3211,
      dataFolder: ".lockstep",
      adminKeyFile: ".lockstep/admin-key",
      isRedacted: false,
      logFormat: null,
      origins: {
        cloudUrl: "http://127.0.0.1:3210",
        siteUrl: "http://127.0.0.1:3211",
      },
      parallelJobs: 8,
      limits: {},
    });
  });
  it("take Convex's variables; empty ones are not set", () => {
    const settings = readSettings(["--log-format", "text"], {
      ACTIONS_USER_TIMEOUT_SECS: "1.5",
      APPLICATION_MAX_CONCURRENT_QUERIES: "16",
      APPLICATION_MAX_CONCURRENT_V8_ACTIONS: "3",
      APPLICATION_MAX_CONCURRENT_NODE_ACTIONS: "4",
      APPLICATION_MAX_CONCURRENT_HTTP_ACTIONS: "",
      SCHEDULED_JOB_EXECUTION_PARALLELISM: "2",
      CONVEX_CLOUD_ORIGIN: "https://api.example.com/",
    });
    expect(settings).toMatchObject({
      logFormat: "text",
      parallelJobs: 2,
      origins: { cloudUrl: "https://api.example.com" },
    });
    expect(settings.limits).toEqual({
      isolateActionTimeMs: 1500,
      nodeActionTimeMs: 1500,
      isolateActions: 3,
      nodeActions: 4,
    });
  });
  it.each([
    ["ACTIONS_USER_TIMEOUT_SECS", ["0", "-1", "ten", "1e9", "NaN"]],
    ["APPLICATION_MAX_CONCURRENT_QUERIES", ["0", "1.5", "many"]],
    ["APPLICATION_MAX_CONCURRENT_MUTATIONS", ["-3"]],
    ["APPLICATION_MAX_CONCURRENT_V8_ACTIONS", ["1e3", "Infinity"]],
    ["APPLICATION_MAX_CONCURRENT_NODE_ACTIONS", ["0x10"]],
    ["APPLICATION_MAX_CONCURRENT_HTTP_ACTIONS", ["0"]],
    ["SCHEDULED_JOB_EXECUTION_PARALLELISM", ["none"]],
    ["CONVEX_SITE_ORIGIN", ["example.com", "ftp://example.com"]],
  ])("%s of %j is refused with its name and value", (name, values) => {
    for (const value of values) {
      const read = () => readSettings([], { [name]: value });
      expect(read).toThrow(UsageError);
      expect(read).toThrow(new RegExp(`^${name} must .*"${value}"`));
    }
  });
  it("that are flags are refused likewise", () => {
    expect(() => readSettings(["--port", "0"], {})).toThrow(/--port must be/);
    expect(() => readSettings(["--log-format", "x"], {})).toThrow(
      /json or text/,
    );
    expect(() => readSettings(["--nonsense"], {})).toThrow(UsageError);
  });
});
