import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SecretMask } from "./secretMask";

function maskOf(...values: string[]): SecretMask {
  const mask = new SecretMask();
  for (const value of values) mask.add(value);
  return mask;
}

describe("the secret mask", () => {
  it("hides a secret wherever it stands in a value, keys included", () => {
    const hidden = maskOf("hunter22").hideIn({
      text: "my hunter22, again hunter22",
      list: ["hunter22", 7, null, true],
      nested: { hunter22: { deep: "xhunter22x" } },
    });
    expect(hidden).toEqual({
      text: "my •••••, again •••••",
      list: ["•••••", 7, null, true],
      nested: { "•••••": { deep: "x•••••x" } },
    });
  });

  it("leaves no tail of a secret that begins like another", () => {
    expect(maskOf("abcd", "abcdefgh").hide("abcdefgh abcd")).toBe(
      "••••• •••••",
    );
    expect(maskOf("abcdefgh", "abcd").hide("abcdefgh abcd")).toBe(
      "••••• •••••",
    );
  });

  it("hides a secret as it stands in an address and in JSON text", () => {
    const secret = 'p&ss "w/ord"';
    const mask = maskOf(secret);
    const address = new URL("https://api.example.com/");
    address.searchParams.set("key", secret);
    expect(mask.hide(address.href)).toBe("https://api.example.com/?key=•••••");
    expect(mask.hide(`/${encodeURIComponent(secret)}/`)).toBe("/•••••/");
    expect(mask.hide(JSON.stringify({ secret }))).toBe('{"secret":"•••••"}');
  });

  it("takes a secret as plain text, not as a pattern", () => {
    expect(maskOf("a.*$1").hide("abcd a.*$1")).toBe("abcd •••••");
  });

  it("leaves values too short to tell from ordinary text", () => {
    expect(maskOf("abc").hide("abc")).toBe("abc");
  });

  it("changes nothing without secrets, and the given value never", () => {
    const value = { a: ["hunter22"] };
    expect(new SecretMask().hideIn(value)).toBe(value);
    maskOf("hunter22").hideIn(value);
    expect(value).toEqual({ a: ["hunter22"] });
  });

  it("leaves no secret in any JSON value", () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9+/]{8,20}$/);
    fc.assert(
      fc.property(secret, fc.jsonValue(), (value, around) => {
        const holder = { around, [value]: [value, `x${value}`] };
        const hidden = JSON.stringify(maskOf(value).hideIn(holder));
        expect(hidden).not.toContain(value);
      }),
    );
  });
});
