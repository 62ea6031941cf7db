import { connect } from "node:net";

export type RawAnswer = { status: number; body: string };

/** Sends bytes as they are and returns the first answer; null when the server closes without one. */
export function sendRaw(
  port: number,
  bytes: string | Buffer,
  withinMs = 10_000,
): Promise<RawAnswer | null> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no answer to ${bytes.toString().slice(0, 100)}`));
    }, withinMs);
    const finish = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(parseAnswer(answer));
    };
    socket.on("data", (chunk) => {
      answer += chunk.toString("latin1");
      if (isComplete(answer)) finish();
    });
    socket.on("error", finish);
    socket.on("close", finish);
  });
}

function isComplete(answer: string): boolean {
  const [head = "", ...rest] = answer.split("\r\n\r\n");
  const length = /content-length: (\d+)/i.exec(head)?.[1];
  const body = rest.join("\r\n\r\n");
  return length !== undefined
    ? body.length >= Number(length)
    : body.endsWith("0\r\n\r\n");
}

function parseAnswer(answer: string): RawAnswer | null {
  const status = /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1];
  if (status === undefined) return null;
  const body = answer.slice(answer.indexOf("\r\n\r\n") + 4);
  const isChunked = /transfer-encoding: chunked/i.test(answer);
  return { status: Number(status), body: isChunked ? unchunked(body) : body };
}

function unchunked(body: string): string {
  return body.replaceAll(/(?:^|\r\n)[0-9a-f]+\r\n/g, "").replace(/\r\n$/, "");
}
