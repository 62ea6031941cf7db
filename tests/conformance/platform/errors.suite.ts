import { ConvexHttpClient, ConvexClient } from "convex/browser";
import { makeFunctionReference } from "convex/server";
import { ConvexError, type Value } from "convex/values";
import { describe, expect, it } from "vitest";
import { fresh, until, type Calls } from "../calls";
import type { DeployedProject } from "../deployed-app";

const thrownBy = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "nothing was thrown",
    (error: unknown) => error,
  );

/** A client that keeps what it would have printed. */
function listening(url: string): { client: ConvexHttpClient; lines: string[] } {
  const lines: string[] = [];
  const hear = (...parts: unknown[]) => void lines.push(parts.join(" "));
  const logger = {
    logVerbose: () => undefined,
    log: hear,
    warn: hear,
    error: hear,
  };
  return { client: new ConvexHttpClient(url, { logger }), lines };
}

export function errorsSuite(
  app: () => DeployedProject,
  calls: () => Calls,
): void {
  describe.concurrent("errors", () => {
    const DATA: Value[] = [
      "text",
      7,
      null,
      { code: "X", nested: [1n, new ArrayBuffer(2)] },
    ];
    it.each(DATA.map((data) => [data]))(
      "carry the data of a ConvexError: %o",
      async (data) => {
        const thrown = await thrownBy(
          calls().query("logs:fail", { with: data }),
        );
        expect(thrown).toBeInstanceOf(ConvexError);
        expect((thrown as ConvexError<Value>).data).toEqual(data);
      },
    );
    it("carry it over the socket, to subscriptions and mutations", async () => {
      const client = new ConvexClient(app().backend.url, { logger: false });
      const errors: unknown[] = [];
      client.onUpdate(
        makeFunctionReference<"query">("logs:fail"),
        { with: { a: 1 } },
        () => undefined,
        (error) => errors.push(error),
      );
      await until(
        async () => errors,
        ({ length }) => length === 1,
      );
      expect(errors[0]).toHaveProperty("data", { a: 1 });
      await client.close();
    });
    it("carry it from a query through an action", async () => {
      expect(await calls().action("logs:throughAction")).toEqual({
        caught: { code: 7 },
      });
    });
    it("show the message and the place in the author's file", async () => {
      const thrown = await thrownBy(calls().query("logs:failPlainly"));
      expect(thrown).not.toBeInstanceOf(ConvexError);
      expect(String(thrown)).toMatch(
        /^Error: \[Request ID: [0-9a-f]{16}\] Server Error\nUncaught TypeError: plainly\n {4}at handler \(\.\.\/convex\/logs\.ts:\d+:\d+\)\n/,
      );
    });
    it("have a stack that shows functions nothing of the host", async () => {
      for (const stack of [
        await calls().query<string>("logs:stack"),
        await calls().action<string>("logs:stackInAction"),
      ]) {
        expect(stack).toMatch(/^Error: here\n {4}at .*logs/);
        expect(stack).not.toMatch(/node:|file:|embedded/);
      }
    });
    it("may be anything that was thrown", async () => {
      expect(String(await thrownBy(calls().query("logs:failWith")))).toMatch(
        /Uncaught a string/,
      );
    });
    it("of an inner mutation undo what it did, and nothing more", async () => {
      const run = fresh("inner");
      expect(await calls().mutation("logs:catchInner", { run })).toMatch(
        /inner failed/,
      );
      expect(await calls().query("logs:notes", { run })).toEqual(["outer"]);
    });
    it("name functions of another type and modules that are not there", async () => {
      const failed = async (promise: Promise<unknown>) =>
        String(await thrownBy(promise));
      expect(await failed(calls().mutation("logs:levels"))).toMatch(
        /Trying to execute logs\.js:levels as Mutation, but it is defined as Query\./,
      );
      expect(await failed(calls().query("nowhere:at/all"))).toMatch(
        /Could not find public function for 'nowhere:at\/all'/,
      );
      expect(await failed(calls().action("jobs:noteInAction"))).toMatch(
        /Could not find public function for 'jobs:noteInAction'/,
      );
    });
  });

  describe.concurrent("logs", () => {
    const printed = async (name: string) => {
      const { client, lines } = listening(app().backend.url);
      await client.query(makeFunctionReference<"query">(name), {});
      return lines;
    };
    it("reach the client at their level, printed as in a browser's console", async () => {
      const lines = (await printed("logs:levels")).join("\n");
      expect(lines).toMatch(
        /\[LOG\].*'text' 1 \{\s*a: \[ true, null \],\s*b: 'c'\s*\}/s,
      );
      expect(lines).toMatch(/\[DEBUG\].*12n/s);
      expect(lines).toMatch(/\[INFO\].*\[ undefined \]/s);
      expect(lines).toMatch(/\[WARN\].*'careful'/s);
      expect(lines).toMatch(/\[ERROR\].*Error: logged/s);
    });
    it("are cut after 256 lines and 32 KiB of one line", async () => {
      const many = await printed("logs:many");
      expect(many).toHaveLength(257);
      expect(many.at(-1)).toMatch(
        /Log overflow \(maximum 256\)\. Remaining log lines omitted\./,
      );
      const [long = ""] = await printed("logs:long");
      expect(long.length).toBeLessThan(33_500);
      expect(long).toMatch(/\(truncated due to length\)/);
    });
  });
}
