type RunVersion = { versionNumber: number; versionId: string };

/** `v12`, or "draft" for the snapshot that a test run saw. */
export function versionName(number: number): string {
  return number === 0 ? "draft" : `v${number}`;
}

/** The address of the code that a run executes. */
export function codeHref(
  workflowUrl: string,
  { versionNumber, versionId }: RunVersion,
  line?: number,
): string {
  const version =
    versionNumber === 0 ? `snapshot=${versionId}` : `v=${versionNumber}`;
  return `${workflowUrl}/code?${version}${line === undefined ? "" : `&L=${line}`}`;
}
