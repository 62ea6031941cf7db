/** How long the interleaving test goes on, and with which chance. */

const EPISODES = 8;
/** On a busy machine there are fewer episodes. */
const MAX_MS = 30_000;

export const MINUTES = Number(process.env["EXECUTOR_MINUTES"] ?? "0");

/** The seeds of the episodes: one that was asked for, or new ones until the time is over. */
export function* episodes(variable = "EXECUTOR_SEED"): Generator<number, void> {
  const given = process.env[variable];
  if (given !== undefined) {
    yield Number(given);
    return;
  }
  const startedAt = performance.now();
  const lasted = () => performance.now() - startedAt;
  let seed = Math.floor(Math.random() * 2 ** 31);
  for (let n = 0; n < EPISODES && lasted() < MAX_MS; n++) yield seed++;
  while (lasted() < MINUTES * 60_000) yield seed++;
}
