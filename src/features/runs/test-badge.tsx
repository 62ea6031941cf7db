import { FlaskConical } from "lucide-react";
import { Badge } from "@/components/ui/badge";
import { describeKey } from "@/lib/step-keys";

/** Of a test run: of the whole draft, or of one step alone. */
export function TestBadge({ onlyStep }: { onlyStep?: string | undefined }) {
  return (
    <Badge>
      <FlaskConical aria-hidden />
      {onlyStep === undefined ? "Test" : `Test of ${describeKey(onlyStep)}`}
    </Badge>
  );
}
