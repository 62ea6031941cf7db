import { describe, expect, it } from "vitest";
import { refusalOf } from "./networkAccess";

const refused = (url: string, allowed?: string) =>
  refusalOf(new URL(url), allowed);

describe("network access", () => {
  it.each([
    "http://localhost/",
    "http://127.0.0.1:3212/",
    "http://0x7f.1/",
    "http://2130706433/",
    "http://10.1.2.3/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://169.254.169.254/latest/meta-data",
    "http://100.64.0.1/",
    "http://0.0.0.0/",
    "http://[::1]/",
    "http://[::]/",
    "http://[fd00::1]/",
    "http://[fe80::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://metadata.google.internal/",
    "http://printer.local/",
    "http://intranet/",
    "http://localhost./",
  ])("refuses %s", (url) => {
    expect(refused(url)).toMatch(/private address/);
  });

  it.each([
    "https://api.example.com/",
    "http://8.8.8.8/",
    "http://172.32.0.1/",
    "http://[2606:4700::1]/",
  ])("allows %s", (url) => {
    expect(refused(url)).toBeNull();
  });

  it("allows exactly the host and port that the deployment names", () => {
    expect(
      refused("http://127.0.0.1:3212/orders", "10.0.0.1:80, 127.0.0.1:3212"),
    ).toBeNull();
    expect(refused("http://127.0.0.1:3213/", "127.0.0.1:3212")).not.toBeNull();
    expect(refused("http://10.0.0.1/", "10.0.0.1:80")).toBeNull();
    expect(refused("http://10.0.0.9/", "true")).toBeNull();
  });

  it("refuses other schemes and credentials in the address", () => {
    expect(refused("ftp://example.com/")).toMatch(/http and https/);
    expect(refused("http://user:pass@example.com/")).toMatch(/header/);
  });
});
