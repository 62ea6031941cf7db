import type { TriggerSetting } from "../validators/triggers";

/** `before` null: it came; `after` null: it went; both: it was switched on or off. */
export type TriggerChange = {
  before: TriggerSetting | null;
  after: TriggerSetting | null;
};

/** A trigger is what it does: a schedule with another time is another one. */
export function diffTriggers(
  before: readonly TriggerSetting[],
  after: readonly TriggerSetting[],
): TriggerChange[] {
  const left = [...after];
  const unlike = before.filter(
    (was) =>
      take(left, (one) => isSame(one, was) && one.enabled === was.enabled) ===
      null,
  );
  const changes = unlike.map((was) => ({
    before: was,
    after: take(left, (one) => isSame(one, was)),
  }));
  return [...changes, ...left.map((now) => ({ before: null, after: now }))];
}

function take(
  list: TriggerSetting[],
  isWanted: (one: TriggerSetting) => boolean,
): TriggerSetting | null {
  const at = list.findIndex(isWanted);
  return at === -1 ? null : (list.splice(at, 1)[0] ?? null);
}

function isSame(a: TriggerSetting, b: TriggerSetting): boolean {
  return textOf(a) === textOf(b);
}

function textOf({ config }: TriggerSetting): string {
  return JSON.stringify(Object.entries(config).sort());
}
