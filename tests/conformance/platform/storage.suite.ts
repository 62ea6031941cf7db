import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Calls } from "../calls";
import type { DeployedProject } from "../deployed-app";

type Metadata = {
  row: { size: number; sha256: string; contentType?: string };
  legacy: { sha256: string; size: number; contentType: string | null };
};

const sha256 = (text: string, encoding: "hex" | "base64") =>
  createHash("sha256").update(text).digest(encoding);

export function storageSuite(
  app: () => DeployedProject,
  calls: () => Calls,
): void {
  const upload = async (body: string, headers: Record<string, string> = {}) => {
    const target = await calls().mutation<string>("files:uploadUrl");
    return fetch(target, { method: "POST", body, headers });
  };
  const stored = async (body: string, type = "text/plain") => {
    const response = await upload(body, { "content-type": type });
    const { storageId } = (await response.json()) as { storageId: string };
    return storageId;
  };
  const urlOf = (id: string) =>
    calls().query<string | null>("files:url", { id });

  describe.concurrent("file storage", () => {
    it("knows the size, hash and type of an upload", async () => {
      const id = await stored("hello", "text/x-greeting");
      const { row, legacy } = await calls().query<Metadata>("files:metadata", {
        id,
      });
      expect(row).toMatchObject({
        size: 5,
        sha256: sha256("hello", "base64"),
        contentType: "text/x-greeting",
      });
      expect(legacy).toMatchObject({
        size: 5,
        sha256: sha256("hello", "hex"),
        contentType: "text/x-greeting",
      });
    });
    it("checks the hash that came with an upload", async () => {
      const good = await upload("body", {
        digest: `sha-256=${sha256("body", "base64")}`,
      });
      expect(good.status).toBe(200);
      const bad = await upload("body", {
        digest: `sha-256=${sha256("other", "base64")}`,
      });
      expect([bad.status, await bad.text()]).toEqual([
        400,
        expect.stringMatching(/Sha256Mismatch/),
      ]);
    });
    it("serves a file with what a browser needs to keep it", async () => {
      const url = await urlOf(await stored("kept"));
      const response = await fetch(url ?? "");
      expect(await response.text()).toBe("kept");
      expect(Object.fromEntries(response.headers)).toMatchObject({
        "content-length": "4",
        "content-type": "text/plain",
        "accept-ranges": "bytes",
        "cache-control": expect.stringMatching(/private/),
      });
      const wrong = await fetch(`${app().backend.url}/api/storage/not-a-uuid`);
      expect(wrong.status).toBe(400);
    });
    it("is written and read by actions", async () => {
      const id = await calls().action<string>("files:storeInAction", {
        text: "from an action",
        type: "text/html",
      });
      expect(await calls().action("files:readInAction", { id })).toEqual({
        text: "from an action",
        type: "text/html",
      });
      await expect(
        calls().action("files:storeInAction", {
          text: "x",
          type: "",
          sha256: sha256("y", "base64"),
        }),
      ).rejects.toThrow(/[Ss]ha256|hash|digest/);
    });
    it("is written and read by mutations", async () => {
      const { id, ...read } = await calls().mutation<{
        id: string;
        text: string;
        type: string;
      }>("files:roundTripInMutation", { text: "in a mutation" });
      expect(read).toEqual({ text: "in a mutation", type: "text/css" });
      expect(await (await fetch((await urlOf(id)) ?? "")).text()).toBe(
        "in a mutation",
      );
    });
    it("is written by HTTP actions", async () => {
      const response = await fetch(`${app().backend.siteUrl}/store`, {
        method: "POST",
        body: "through http",
        headers: { "content-type": "text/plain" },
      });
      const { url } = (await response.json()) as { url: string };
      expect(await (await fetch(url)).text()).toBe("through http");
    });
    it("forgets what is deleted, with the mutation or not at all", async () => {
      const id = await stored("gone");
      const url = (await urlOf(id)) ?? "";
      await expect(
        calls().mutation("files:removeAndFail", { id }),
      ).rejects.toThrow();
      expect((await fetch(url)).status).toBe(200);
      await calls().mutation("files:remove", { id });
      expect(await urlOf(id)).toBeNull();
      expect((await fetch(url)).status).toBe(404);
      await expect(calls().mutation("files:remove", { id })).rejects.toThrow(
        `storage id ${id} not found`,
      );
      expect(
        await calls().action("files:deleteInAction", {
          id: await stored("x"),
        }),
      ).toBeNull();
    });
    it("refuses ids that are none", async () => {
      const urlOfText = (id: string) => calls().query("files:urlOf", { id });
      await expect(urlOfText("nonsense")).rejects.toThrow(
        /Invalid storage ID: "nonsense"/,
      );
      const document = await calls().mutation<string>("things:put", {
        run: "storage",
      });
      await expect(urlOfText(document)).rejects.toThrow(
        /Storage ID cannot be an ID on any table other than '_storage'/,
      );
    });
  });
}
