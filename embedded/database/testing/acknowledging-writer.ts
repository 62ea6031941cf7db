/** A process that writes until it is killed and prints each id once its commit is acknowledged. */
import { newTestDatabase } from "./test-database";

const { db } = newTestDatabase(process.argv[2] ?? "");

async function writeForever(): Promise<never> {
  for (let n = 0; ; n++) {
    const writes = [0, 1, 2].map((part) =>
      db.write((tx) =>
        pair(n * 3 + part).map((doc) => tx.insert("", "t", doc)),
      ),
    );
    for (const { value, ts } of await Promise.all(writes))
      process.stdout.write(`${value.join(" ")} ${ts}\n`);
  }
}

function pair(n: number): { n: number; half: number }[] {
  return [
    { n, half: 1 },
    { n, half: 2 },
  ];
}

void writeForever();
