import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clip } from "./clip";
import { SecretMask, StreamMask } from "./secretMask";

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

  it.each([
    ["base64", (text: string) => Buffer.from(text).toString("base64")],
    [
      "base64 of an address",
      (text: string) => Buffer.from(text).toString("base64url"),
    ],
    ["hex", (text: string) => Buffer.from(text).toString("hex")],
  ])("hides a secret in %s, wherever it stands", (_, encode) => {
    const secret = fc.stringMatching(/^[A-Za-z0-9+/ü]{8,20}$/);
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (value, before, after) => {
        const text = encode(`${before}:${value}:${after}`);
        const hidden = maskOf(value).hide(text);
        expect(hidden).toContain("•••••");
        const decoded = Buffer.from(hidden.replaceAll("•", ""), "base64");
        expect(decoded.toString()).not.toContain(value);
      }),
    );
  });

  it.each([
    ["a path", "p@ss w/rd?", "/p@ss%20w/rd%3F/x", "/$/x"],
    ["a query", "p&ss'w rd", "?a=p&ss%27w%20rd", "?a=$"],
    ["a fragment", "a`b c@d", "#a%60b%20c@d", "#$"],
    ["credentials", "a$b:c@d", "https://me:a$b%3Ac%40d@x", "https://me:$@x"],
    ["the name of a host", "HookToken", "https://hooktoken.x", "https://$.x"],
    ["JSON with escaped slashes", "ab/cd", '{"a":"ab\\/cd"}', '{"a":"$"}'],
    ["JSON in ASCII", "schlüssel", '["schl\\u00fcssel"]', '["$"]'],
    ["HTML", `<p&"ss'>`, "<b>&lt;p&amp;&quot;ss&#39;&gt;</b>", "<b>$</b>"],
    ["large hex", "hunter22", "68756E7465723232", "$"],
    ["a header, without space around it", " hunter22\n", "x hunter22", "x $"],
  ])("hides a secret as it stands in %s", (_, secret, text, hidden) => {
    expect(maskOf(secret).hide(text)).toBe(hidden.replace("$", "•••••"));
  });

  it("hides the beginning of a secret where a text was cut", () => {
    const mask = maskOf("hunter22", "a/b/c/d");
    for (const beginning of ["hunt", "hunter2", "a/b/c"]) {
      const cut = `said: ${beginning}`;
      expect(mask.hide(clip(`${cut}xxx`, cut.length + 1))).toBe("said: •••••…");
    }
    expect(mask.hide("hun… hunt er…")).toBe("hun… hunt er…");
  });

  it("hides a secret that became a number", () => {
    expect(maskOf("12345678").hideIn({ pin: 12345678, n: 1 })).toEqual({
      pin: "•••••",
      n: 1,
    });
  });
});

describe("the mask of a stream", () => {
  it("hides a secret whatever the parts it comes in, and keeps all else", () => {
    const secret = fc.stringMatching(/^[a-c]{4,6}$/);
    const text = fc.stringMatching(/^[a-d]{0,40}$/);
    fc.assert(
      fc.property(
        secret,
        text,
        fc.array(fc.nat({ max: 9 })),
        (value, around, cuts) => {
          const mask = maskOf(value);
          const stream = new StreamMask(mask);
          let rest = `${around}${value}${around}`;
          const whole = mask.hide(rest);
          let shown = "";
          for (const cut of cuts) {
            shown += stream.push(rest.slice(0, cut));
            rest = rest.slice(cut);
          }
          shown += stream.push(rest) + stream.end();
          expect(shown).toBe(whole);
        },
      ),
    );
  });
});
