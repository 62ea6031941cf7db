/** What a step is tested with, as JSON texts for editing. */
export type ScopeTexts = { input: string; steps: string; items: string };

type Named = readonly { name: string; json: string }[];
type Scope = { input: string | null; steps: Named; items: Named };

export function scopeTexts(
  scope: Scope | null,
  sampleInput: string | null,
): ScopeTexts {
  return {
    input: pretty(scope?.input ?? sampleInput ?? "{}"),
    steps: objectText(scope?.steps ?? []),
    items: objectText(scope?.items ?? []),
  };
}

function objectText(values: Named): string {
  const parsed = values.map(({ name, json }): [string, unknown] => [
    name,
    JSON.parse(json),
  ]);
  return JSON.stringify(Object.fromEntries(parsed), null, 2);
}

function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}
