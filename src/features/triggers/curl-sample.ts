/** A shell command that delivers `json` to a webhook. Single quotes inside are closed, escaped and opened again. */
export function curlSample(url: string, json: string | null): string {
  const body = (json ?? "{}").replaceAll("'", `'\\''`);
  return `curl -X POST '${url}' \\\n  -H 'Content-Type: application/json' \\\n  -d '${body}'`;
}
