/** How long the tests of random episodes go on, and with which chance. */

/** Zero: only the episodes that are always the same, so that they cost the same. */
export const MINUTES = Number(process.env["EXECUTOR_MINUTES"] ?? "0");

/** No machine is so slow that the usual episodes take longer. */
export const TIMEOUT_MS = (10 + MINUTES) * 60_000;

/** The seed that was asked for. */
export function givenSeed(variable: string): number | null {
  const given = process.env[variable];
  return given === undefined ? null : Number(given);
}

/** The seeds of the episodes: one that was asked for, or the `usual` ones, and new ones until the time is over. */
export function* episodes(
  variable: string,
  usual: readonly number[],
): Generator<number, void> {
  const given = givenSeed(variable);
  if (given !== null) {
    yield given;
    return;
  }
  const startedAt = performance.now();
  yield* usual;
  let seed = Math.floor(Math.random() * 2 ** 31);
  while (performance.now() - startedAt < MINUTES * 60_000) yield seed++;
}
