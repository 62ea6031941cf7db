import { describe, expect, it } from "vitest";
import { ServerLog, type LogFormat } from "./server-log";

function logged(format: LogFormat, log: (target: ServerLog) => void): string[] {
  const lines: string[] = [];
  log(
    new ServerLog({ write: (line) => lines.push(line), now: () => 0, format }),
  );
  return lines;
}

describe("the server's log", () => {
  it("is one JSON object a line, whatever the error's text", () => {
    const error = new Error("a\nb", { cause: new Error("c") });
    const [line = ""] = logged("json", (log) =>
      log.error("It failed", error, { route: "/x" }),
    );
    expect(line.split("\n")).toHaveLength(2);
    expect(JSON.parse(line)).toMatchObject({
      time: "1970-01-01T00:00:00.000Z",
      level: "error",
      message: "It failed",
      route: "/x",
      error: expect.stringMatching(/^Error: a\nb[^]*caused by Error: c/),
    });
  });
  it("is a sentence for people", () => {
    const lines = logged("text", (log) => {
      log.info("Backend ready", { url: "http://x" });
      log.warn("Slow");
    });
    expect(lines).toEqual([
      '1970-01-01T00:00:00.000Z Backend ready url="http://x"\n',
      "1970-01-01T00:00:00.000Z warn: Slow\n",
    ]);
  });
});
