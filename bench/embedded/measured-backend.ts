/**
 * The backend in a process of its own that also answers questions about itself. Run with `--expose-gc`; speaks
 * `Question` and `Answer` over the channel of `fork`.
 */
import { createBackend, type Backend } from "../../embedded/backend";
import { freePort } from "../../tests/support/start-backend";
import { startEchoServer } from "./echo-server";
import type { Answer, Question } from "./measured-backend-child";

const FILL_BATCH = 2000;
const ROOM_SIZE = 100;

async function main(): Promise<void> {
  const [dataFolder = ":memory:"] = process.argv.slice(2);
  const [port, sitePort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const backend = await createBackend({
    dataFolder,
    origins: { cloudUrl: url, siteUrl: `http://127.0.0.1:${sitePort}` },
  });
  await backend.listen({ host: "127.0.0.1", port, sitePort });
  const executions = new ExecutionLog(backend);
  process.on("message", (question: Question) => {
    void answer(question, backend, executions).then((result) =>
      process.send?.(result satisfies Answer),
    );
  });
  process.once("disconnect", () => process.exit(0));
  const echoUrl = await startEchoServer();
  process.send?.({ url, adminKey: backend.adminKey, echoUrl });
}

async function answer(
  question: Question,
  backend: Backend,
  executions: ExecutionLog,
): Promise<Answer> {
  switch (question.ask) {
    case "executions":
      return executions.take();
    case "heap":
      executions.take();
      return heapBytes();
    case "fill":
      return fill(backend, question.table, question.documents);
    default:
      return question satisfies never;
  }
}

/** What functions ran since the last question, in milliseconds each. */
class ExecutionLog {
  #runs: { name: string; ms: number }[] = [];

  constructor(backend: Backend) {
    backend.runtime.onLog(({ identifier, executionTimeMs }) =>
      this.#runs.push({ name: identifier, ms: executionTimeMs }),
    );
  }

  take(): { name: string; ms: number }[] {
    const runs = this.#runs;
    this.#runs = [];
    return runs;
  }
}

/** Of everything that is reachable, without what the bench itself has kept. */
function heapBytes(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Each room's documents lie far apart, as they do when many rooms are written to at once. */
async function fill(
  backend: Backend,
  table: string,
  documents: number,
): Promise<null> {
  const rooms = Math.ceil(documents / ROOM_SIZE);
  for (let from = 0; from < documents; from += FILL_BATCH) {
    await backend.database.write((tx) => {
      const end = Math.min(from + FILL_BATCH, documents);
      for (let i = from; i < end; i += 1)
        tx.insert("", table, note(i, i % rooms));
    });
  }
  return null;
}

function note(index: number, room: number) {
  return { room, author: `author ${index % 1009}`, body: `note ${index}` };
}

await main();
