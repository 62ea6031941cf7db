import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callsTo, fresh, until } from "./calls";
import { deployProject, UNTYPED, type DeployedProject } from "./deployed-app";

let app: DeployedProject;
beforeAll(async () => {
  app = await deployProject("mounts-app", {
    environment: { MOUNTS_OWNER: "ada" },
  });
}, 120_000);
afterAll(() => app.stop());

const calls = () => callsTo(app.backend.url);
const query = <T>(name: string, args = {}) =>
  calls().query<T>(`calls:${name}`, args);
const mutation = <T>(name: string, args = {}) =>
  calls().mutation<T>(`calls:${name}`, args);
const titles = (mount: "shelf" | "second") =>
  query<string[]>("titles", { mount });

describe("a component's tables", () => {
  it("belong to one mount of it", async () => {
    const title = fresh("title");
    const id = await mutation<string>("add", { mount: "shelf", title });
    expect(await titles("shelf")).toContain(title);
    expect(await titles("second")).not.toContain(title);
    expect(await query("find", { mount: "shelf", id })).toMatchObject({
      title,
      pages: 1,
    });
  });
  it("are not the app's, whatever their name", async () => {
    const before = await query("ownBooks");
    await mutation("add", { mount: "shelf", title: fresh("title") });
    expect(await query("ownBooks")).toBe(before);
  });
  it("can be read from the command line by the component's path", async () => {
    const title = fresh("title");
    await mutation("addInCabinet", { title });
    const data = (path: string) =>
      app.project.succeed("data", "books", "--component", path, "--limit", "1");
    expect(await data("cabinet/shelf")).toContain(title);
    expect(await data("shelf")).not.toContain(title);
  });
  it("are reached through a component in between", async () => {
    const title = fresh("nested");
    await mutation("addInCabinet", { title });
    expect(await query("titlesInCabinet")).toContain(title);
    expect(await titles("shelf")).not.toContain(title);
  });
});

describe("a call into a component", () => {
  it("is undone alone when it fails and its failure is caught", async () => {
    const [kept, undone] = [fresh("kept"), fresh("undone")];
    expect(await mutation("addAndCatch", { kept, undone })).toEqual({
      refused: undone,
    });
    const all = await titles("shelf");
    expect([all.includes(kept), all.includes(undone)]).toEqual([true, false]);
  });
  it("is undone with the mutation that made it", async () => {
    const title = fresh("together");
    await expect(mutation("addEverywhereAndFail", { title })).rejects.toThrow(
      /nothing of it stays/,
    );
    expect(await titles("shelf")).not.toContain(title);
    expect(await query("hasTitle", { title })).toBe(false);
  });
  it("has its arguments validated", async () => {
    await expect(mutation("badArguments")).rejects.toThrow(
      /ArgumentValidationError: Value does not match validator\.\nPath: \.title/,
    );
  });
  it("may not paginate", async () => {
    await expect(query("paginatedInComponent")).rejects.toThrow(
      /paginate\(\) is only supported in the app/,
    );
  });
  it("cannot be made by a client, nor for what is internal", async () => {
    await expect(calls().query("shelf:books:titles")).rejects.toThrow();
    const { output } = await app.project.run(
      "run",
      "books:titles",
      "--component",
      "second",
    );
    expect(output).toMatch(/\[/);
  });
});

describe("function handles", () => {
  it("let a component call a function of the app", async () => {
    const text = fresh("text");
    expect(await mutation("throughHandle", { text, later: false })).toBe(
      `noted ${text}`,
    );
    expect(await query("hasTitle", { title: text })).toBe(true);
  });
  it("let a component schedule a function of the app", async () => {
    const title = fresh("later");
    await mutation("throughHandle", { text: title, later: true });
    await until(
      () => query<boolean>("hasTitle", { title }),
      (has) => has,
    );
  });
  it("let the app call what a component gave it", async () => {
    const title = fresh("theirs");
    await mutation("throughTheirHandle", { title });
    expect(await titles("shelf")).toContain(title);
  });
});

describe("a component's scheduler, files and variables", () => {
  it("run its crons in every mount", async () => {
    for (const [mount, owner] of [
      ["shelf", "ada"],
      ["second", "bob"],
    ] as const)
      await until(
        () => query<string[]>("owners", { mount }),
        ([last]) => last === owner,
      );
  });
  it("run and list its own jobs", async () => {
    const title = fresh("soon");
    await mutation("addLater", { title, delayMs: 0 });
    await until(
      () => titles("shelf"),
      (all) => all.includes(title),
    );
    const jobs = await query<{ ofShelf: unknown[] }>("jobs");
    expect(jobs.ofShelf).toContainEqual({
      name: expect.stringMatching(/books(\.js)?:addHidden/),
      args: [{ title }],
      state: "success",
    });
  });
  it("cancel a job, of which the app knows nothing", async () => {
    const before = await query<{ own: number }>("jobs");
    const title = fresh("never");
    const id = await mutation("addLater", { title, delayMs: 60_000 });
    await mutation("cancelJob", { id });
    const after = await query<{ own: number; ofShelf: unknown[] }>("jobs");
    expect(after.own).toBe(before.own);
    expect(after.ofShelf).toContainEqual(
      expect.objectContaining({ args: [{ title }], state: "canceled" }),
    );
  });
  it("keep its files apart", async () => {
    const before = await query<{ own: number; ofShelf: number[] }>("files");
    const { url, elsewhere } = await calls().action<{
      url: string;
      elsewhere: string | null;
    }>("calls:store", { text: "of the shelf" });
    expect(await (await fetch(url)).text()).toBe("of the shelf");
    expect(elsewhere).toBeNull();
    const after = await query<{ own: number; ofShelf: number[] }>("files");
    expect(after.ofShelf).toHaveLength(before.ofShelf.length + 1);
    expect(after.own).toBe(before.own);
  });
  it("see the variables they were given, by value or by name, and no others", async () => {
    const site = { CONVEX_SITE_URL: app.backend.siteUrl };
    expect(await query("environments")).toEqual([
      { OWNER: "ada", COLOR: "green", ...site },
      { OWNER: "bob", ...site },
      { OWNER: "ada", COLOR: "oak", ...site },
    ]);
    await app.project.succeed("env", "set", "MOUNTS_OWNER", "eve");
    expect(await query("environments")).toMatchObject([
      { OWNER: "eve" },
      { OWNER: "bob" },
      { OWNER: "eve" },
    ]);
    await app.project.succeed("env", "set", "MOUNTS_OWNER", "ada");
  });
});

describe("a component's routes", () => {
  const get = (path: string) => fetch(`${app.backend.siteUrl}${path}`);
  const text = async (path: string) => (await get(path)).text();
  it("answer under the prefix it was mounted at", async () => {
    const title = fresh("posted");
    const posted = await fetch(`${app.backend.siteUrl}/second/add`, {
      method: "POST",
      body: title,
    });
    expect(posted.status).toBe(204);
    const answer = (await (await get("/second/titles")).json()) as {
      titles: string[];
      owner: string;
    };
    expect(answer.titles).toContain(title);
    expect(answer.owner).toBe("bob");
    expect(await titles("shelf")).not.toContain(title);
  });
  it("answer through a component that has none of its own", async () => {
    const title = fresh("deep");
    await mutation("addInCabinet", { title });
    const answer = await (await get("/cabinet/inner/titles")).json();
    expect(answer).toMatchObject({ owner: "ada" });
    expect((answer as { titles: string[] }).titles).toContain(title);
  });
  it("give way to the app's exact route, and to its longer prefix only", async () => {
    expect(await text("/shelf/exact")).toBe("exact");
    expect(await text("/shelf/by/longer/x")).toBe("longer");
    expect(await text("/shelf/by/x")).toBe("of the shelf");
    expect(await text("/elsewhere")).toBe("of the app");
  });
  it("answer 404 when the component has no such route", async () => {
    const missing = await get("/shelf/nothing");
    expect([missing.status, await missing.text()]).toEqual([
      404,
      "No matching routes found",
    ]);
  });
});

describe("a push", () => {
  it("is refused while a variable that the app requires is not set", async () => {
    await app.project.succeed("env", "remove", "MOUNTS_OWNER");
    const { code, output } = await app.project.run("deploy", ...UNTYPED);
    expect([code, output]).toEqual([
      1,
      expect.stringMatching(/MOUNTS_OWNER.*declared as required/),
    ]);
    await app.project.succeed("env", "set", "MOUNTS_OWNER", "ada");
  });
  it("that unmounts a component keeps its data for when it is mounted again", async () => {
    const title = fresh("kept");
    await mutation("add", { mount: "second", title });
    const config = "convex/convex.config.ts";
    const mount = /app\.use\(shelf, \{\s*name: "second",[^}]*\},?\s*\}\);/;
    let removed = "";
    app.project.edit(config, (source) =>
      source.replace(mount, (text) => {
        removed = text;
        return "// without the second";
      }),
    );
    await app.project.succeed("deploy", ...UNTYPED);
    await expect(titles("second")).rejects.toThrow();
    expect((await fetch(`${app.backend.siteUrl}/second/titles`)).status).toBe(
      200,
    );
    app.project.edit(config, (source) =>
      source.replace("// without the second", removed),
    );
    const output = await app.project.succeed("deploy", ...UNTYPED);
    expect(output).toMatch(/second/);
    expect(await titles("second")).toContain(title);
  });
});
