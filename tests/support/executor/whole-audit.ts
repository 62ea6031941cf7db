/** What the audit finds in the whole database, page by page, as its command reads it. */
import { internal } from "../../../convex/_generated/api";
import type { Finding, Place } from "../../../convex/validators/upkeep";
import type { StagedExecutor } from "./staged-executor";

export async function auditFindings({ t }: StagedExecutor): Promise<Finding[]> {
  const found: Finding[] = [];
  let place: Place | null = null;
  do {
    const page: { place: Place | null; findings: Finding[] } = await t.query(
      internal.executor.audit.page,
      { place },
    );
    found.push(...page.findings);
    place = page.place;
  } while (place !== null);
  return found;
}
