import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDemoServer } from "./demo-server.mjs";

const server = createDemoServer();
let base = "";

beforeAll(async () => {
  await new Promise<void>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve()),
  );
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

async function json(path: string, init?: RequestInit): Promise<unknown> {
  return await (await fetch(base + path, init)).json();
}

describe("the demo server", () => {
  it("names itself in every answer", async () => {
    expect(await json("/")).toMatchObject({ server: "lockstep demo" });
    expect(await json("/nowhere")).toMatchObject({ server: "lockstep demo" });
  });

  it("gives the same order for the same id, with a total that fits its items", async () => {
    const order = (await json("/orders/17")) as {
      total: number;
      items: { quantity: number; price: number }[];
    };
    expect(await json("/orders/17")).toEqual(order);
    expect(order.total).toBe(
      order.items.reduce(
        (sum, { quantity, price }) => sum + quantity * price,
        0,
      ),
    );
  });

  it("fails as often as asked for each key, and then answers", async () => {
    const path = "/flaky/k1?failures=2&retryAfter=1";
    const statuses: number[] = [];
    for (let i = 0; i < 3; i += 1) {
      const response = await fetch(base + path);
      await response.body?.cancel();
      statuses.push(response.status);
      expect(response.headers.get("retry-after")).toBe(
        response.status === 503 ? "1" : null,
      );
    }
    expect(statuses).toEqual([503, 503, 200]);
    expect((await fetch(`${base}/flaky/k2?failures=1`)).status).toBe(503);
  });

  it("echoes what it was sent", async () => {
    const answer = await json("/echo?a=1", {
      method: "POST",
      body: '{"b":2}',
      headers: { "x-mine": "3" },
    });
    expect(answer).toMatchObject({
      method: "POST",
      query: { a: "1" },
      body: { b: 2 },
      headers: { "x-mine": "3" },
    });
  });

  it("refuses a body above its limit", async () => {
    const response = await fetch(`${base}/echo`, {
      method: "POST",
      body: "x".repeat(1024 * 1024 + 1),
    });
    expect(response.status).toBe(413);
  });

  it("answers with any status, and with as many bytes as asked", async () => {
    expect((await fetch(`${base}/status/418`)).status).toBe(418);
    expect((await fetch(`${base}/status/204`)).status).toBe(204);
    const large = await fetch(`${base}/large?mib=3`);
    expect((await large.arrayBuffer()).byteLength).toBe(3 * 1024 * 1024);
  });

  it("counts requests per path", async () => {
    await json("/customers?count=2");
    await json("/customers?count=3");
    const { requests } = (await json("/stats")) as {
      requests: Record<string, number>;
    };
    expect(requests["/customers"]).toBe(2);
  });
});
