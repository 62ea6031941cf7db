/** Before each test on `convex-test`: those in the skip list end here, with their reason as a note in the report. */
import { beforeEach } from "vitest";
import { skipReason } from "./convex-test-skips";

type Named = { name: string; suite?: Named | undefined };

beforeEach(({ task, skip }) => {
  const reason = skipReason(task.file.filepath, fullName(task));
  if (reason !== null) skip(reason);
});

function fullName({ name, suite }: Named): string {
  return suite === undefined || suite.name === ""
    ? name
    : `${fullName(suite)} > ${name}`;
}
