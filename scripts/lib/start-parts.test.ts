import { createPublicKey, createPrivateKey, sign, verify } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { makeSigningKeys, wantedChanges } from "./deployment-variables.mjs";
import { setLines } from "./env-file.mjs";
import { fingerprint } from "./fingerprint.mjs";
import { requireFreePort } from "./ports.mjs";

const ours = {
  siteUrl: "http://127.0.0.1:3000",
  demoAddress: "127.0.0.1:3212",
};

describe("deployment variables", () => {
  it("a first start makes the keys, the site address and the demo server's permission", () => {
    const changes: Record<string, string> = wantedChanges({}, ours);
    expect(Object.keys(changes).sort()).toEqual([
      "ALLOW_PRIVATE_NETWORK",
      "DEMO_URL",
      "JWKS",
      "JWT_PRIVATE_KEY",
      "SECRETS_KEY",
      "SITE_URL",
    ]);
    expect(Buffer.from(changes["SECRETS_KEY"] ?? "", "base64")).toHaveLength(
      32,
    );
  });

  it("keys that exist are never replaced, and a permission is added to what is allowed", () => {
    const existing = {
      SECRETS_KEY: "kept",
      JWT_PRIVATE_KEY: "kept",
      JWKS: "kept",
      SITE_URL: "http://127.0.0.1:4000",
      DEMO_URL: "http://127.0.0.1:3212",
      ALLOW_PRIVATE_NETWORK: "10.0.0.5:80",
    };
    expect(wantedChanges(existing, ours)).toEqual({
      SITE_URL: "http://127.0.0.1:3000",
      ALLOW_PRIVATE_NETWORK: "10.0.0.5:80,127.0.0.1:3212",
    });
  });

  it("a deployment that allows every private address is left alone", () => {
    const existing = {
      SECRETS_KEY: "kept",
      JWT_PRIVATE_KEY: "kept",
      JWKS: "kept",
      SITE_URL: ours.siteUrl,
      DEMO_URL: "http://127.0.0.1:3212",
      ALLOW_PRIVATE_NETWORK: "true",
    };
    expect(wantedChanges(existing, ours)).toEqual({});
  });

  it("the private key on one line and the published key belong together", () => {
    const { JWT_PRIVATE_KEY, JWKS } = makeSigningKeys();
    expect(JWT_PRIVATE_KEY).not.toContain("\n");
    const body = JWT_PRIVATE_KEY.replace(/-----[A-Z ]+-----/g, "");
    const privateKey = createPrivateKey({
      key: Buffer.from(body.replace(/ /g, ""), "base64"),
      format: "der",
      type: "pkcs8",
    });
    const jwks = JSON.parse(JWKS) as { keys: [Record<string, string>] };
    const publicKey = createPublicKey({ key: jwks.keys[0], format: "jwk" });
    const signature = sign("sha256", Buffer.from("x"), privateKey);
    expect(verify("sha256", Buffer.from("x"), publicKey, signature)).toBe(true);
  });
});

describe("the env file", () => {
  it("replaces our lines, keeps others, and appends what is new", () => {
    const before = "# mine\nCLERK_SECRET_KEY=s\nA=1\n\n";
    expect(setLines(before, { A: "2", B: "3" })).toBe(
      "# mine\nCLERK_SECRET_KEY=s\nA=2\nB=3\n",
    );
  });

  it("starts from nothing", () => {
    expect(setLines("", { A: "1" })).toBe("A=1\n");
  });
});

describe("fingerprint", () => {
  const folder = mkdtempSync(join(tmpdir(), "lockstep-fingerprint-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("changes with content and with the extra text, not with files that are skipped", () => {
    const of = (extra = ""): string =>
      fingerprint(folder, ["."], {
        extra,
        skip: (path: string) => path.endsWith(".md"),
      });
    writeFileSync(join(folder, "a.ts"), "1");
    const first = of();
    writeFileSync(join(folder, "b.md"), "1");
    expect(of()).toBe(first);
    expect(of("other")).not.toBe(first);
    writeFileSync(join(folder, "a.ts"), "2");
    expect(of()).not.toBe(first);
  });
});

describe("ports", () => {
  it("a taken port is named with what wanted it and what to do", async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address();
        resolve(typeof address === "object" && address ? address.port : 0);
      });
    });
    const wanted = { name: "PORT", what: "the web app", host: "127.0.0.1" };
    await expect(requireFreePort({ ...wanted, port })).rejects.toThrow(
      `Port ${port} for the web app is already in use on 127.0.0.1; stop what listens there, or choose another with PORT=${port + 100}.`,
    );
    await new Promise((resolve) => server.close(resolve));
    await expect(requireFreePort({ ...wanted, port })).resolves.toBeUndefined();
  });
});
