/**
 * The secrets that the effects of a run have asked for, by name. From then on their values are hidden in everything that
 * its effects bring, also where an effect gets back what another one has sent.
 */
import type { TurnState } from "../flow/turnState";

export function noteSecrets(
  turn: TurnState,
  names: readonly string[] = [],
): void {
  const known = turn.run.secretNames ?? [];
  const added = names.filter((name) => !known.includes(name));
  if (added.length > 0) turn.setRun({ secretNames: [...known, ...added] });
}
