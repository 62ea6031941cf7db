import { afterEach, describe, expect, it } from "vitest";
import { startFuzzBackend, type FuzzBackend } from "./support/fuzz-backend";
import { ofType, RawSocket } from "./support/raw-socket";

let backend: FuzzBackend | null = null;
afterEach(async () => {
  await backend?.stop();
  backend = null;
});

const sleep = (ms: number) => ({
  type: "Action",
  requestId: 1,
  udfPath: "work:sleep",
  args: [{ ms }],
});

function callAction({ url }: FuzzBackend, ms: number): Promise<Response> {
  return fetch(`${url}/api/action`, {
    method: "POST",
    body: JSON.stringify({ path: "work:sleep", args: { ms } }),
  });
}

/** Until the action that was just sent certainly runs. */
async function untilRunning(target: FuzzBackend, actions: number) {
  const { url, adminKey } = target;
  for (;;) {
    const page = await fetch(`${url}/metrics`, {
      headers: { authorization: `Convex ${adminKey}` },
    });
    const line = /backend_actions_running\{environment="isolate"\} (\d+)/;
    if (Number(line.exec(await page.text())?.[1]) === actions) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Until a signal was taken: one that came before would be taken for the same. */
async function untilStopping(target: FuzzBackend) {
  while (!target.output().includes("Stopping:"))
    await new Promise((resolve) => setTimeout(resolve, 20));
}

/** One JSON object a line, and nothing that should stay here. */
function expectLog(output: string, { secret }: { secret: string }): void {
  const entries = output
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { level: string });
  expect(entries.map(({ level }) => level)).not.toContain("error");
  expect(output).not.toContain(secret);
}

describe("a signal to end", () => {
  it("lets everything in flight be answered, closes sockets as going away, and exits with 0", async () => {
    backend = await startFuzzBackend();
    const [busy, idle] = [
      await RawSocket.open(backend),
      await RawSocket.open(backend),
    ];
    for (const socket of [busy, idle]) socket.connect();
    busy.send(sleep(1500));
    const overHttp = callAction(backend, 1500);
    const httpAction = fetch(`${backend.siteUrl}/slow?ms=1500`);
    await untilRunning(backend, 3);
    const exited = backend.exit("SIGTERM");
    expect(await idle.closed).toEqual({ code: 1001, reason: "ServerShutdown" });
    await expect(fetch(`${backend.url}/version`)).rejects.toThrow();
    expect(await (await overHttp).json()).toMatchObject({ value: "slept" });
    expect(await (await httpAction).text()).toBe("done");
    expect(await busy.next(ofType("ActionResponse"))).toMatchObject({
      success: true,
      result: "slept",
    });
    expect(await busy.closed).toMatchObject({ code: 1001 });
    expect(busy.received.at(-1)?.type).toBe("Transition");
    expect(await exited).toBe(0);
    expect(backend.output()).toMatch(/"message":"Stopped"/);
    expectLog(backend.output(), { secret: backend.adminKey });
  });

  it("bounds how long actions may take: then they are answered with an error", async () => {
    backend = await startFuzzBackend();
    const socket = await RawSocket.open(backend);
    socket.connect();
    socket.send(sleep(60_000));
    const overHttp = callAction(backend, 60_000);
    await untilRunning(backend, 2);
    expect(await backend.exit("SIGINT")).toBe(0);
    expect(await (await overHttp).json()).toMatchObject({ status: "error" });
    expect(await socket.next(ofType("ActionResponse"))).toMatchObject({
      success: false,
    });
  });

  it("that comes twice ends the process at once", async () => {
    backend = await startFuzzBackend();
    const pending = callAction(backend, 60_000).catch(() => null);
    await untilRunning(backend, 1);
    backend.process.kill("SIGTERM");
    await untilStopping(backend);
    expect(await backend.exit("SIGTERM")).toBe(143);
    expect(backend.output()).not.toContain('"message":"Stopped"');
    await pending;
  });
});
