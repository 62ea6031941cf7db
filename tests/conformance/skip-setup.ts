/** Before every spec: those in the skip list end here, with their reason as a note in the report. */
import { beforeEach } from "vitest";
import { skipReason } from "./skip-list";
import { TARGET } from "./target";

type Named = { name: string; suite?: Named | undefined };

beforeEach(({ task, skip }) => {
  const reason = skipReason(fullName(task), TARGET);
  if (reason !== null) skip(reason);
});

function fullName({ name, suite }: Named): string {
  return suite === undefined || suite.name === ""
    ? name
    : `${fullName(suite)} > ${name}`;
}
