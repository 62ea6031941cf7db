import { describe, expect, it } from "vitest";
import { isPlainHttp } from "./http-fetch";
import { requestFor } from "./testing/answering-server";
import { bytes } from "./testing/both-fetches";

describe("what is left to Node's fetch", () => {
  const url = "http://a.example/";
  it.each([
    ["another scheme", requestFor("data:,x")],
    ["no address", requestFor("here")],
    ["credentials in the address", requestFor("http://a:b@a.example/")],
    ["a port of another protocol", requestFor("http://a.example:25/")],
    ["an unusual method", requestFor(url, { method: "TRACE" })],
    ["a body with GET", requestFor(url, { body: bytes("x") })],
    [
      "a header that is not Latin-1",
      requestFor(url, { headers: [["x", "\u2026"]] }),
    ],
    [
      "a mode that does not exist",
      requestFor(url, { redirect: "no" as "error" }),
    ],
  ])("is %s", (_, request) => {
    expect(isPlainHttp(request)).toBe(false);
  });

  it("is nothing else", () => {
    const body = bytes("x");
    expect(isPlainHttp(requestFor(url))).toBe(true);
    expect(isPlainHttp(requestFor("https://a.example:8443/?q#f"))).toBe(true);
    expect(isPlainHttp(requestFor(url, { method: "POST", body }))).toBe(true);
  });
});
