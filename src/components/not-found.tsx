import Link from "next/link";
import { EmptyState } from "./ui/empty-state";
import { Button } from "./ui/button";

/** One answer for what does not exist and what may not be seen, so that neither is given away. */
export function NotFound() {
  return (
    <EmptyState
      title="Not found or no access"
      actions={
        <Button asChild>
          <Link href="/">Go to your workflows</Link>
        </Button>
      }
    >
      The address may be wrong, the thing may have been deleted, or your role
      does not let you see it.
    </EmptyState>
  );
}
