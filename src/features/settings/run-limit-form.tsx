import { useMutation } from "convex/react";
import { FormField } from "@/components/form-field";
import { Input } from "@/components/ui/input";
import { api } from "@/convex/_generated/api";
import type { Id } from "@/convex/_generated/dataModel";
import { SettingsForm } from "./settings-form";

export function RunLimitForm(props: {
  organization: { _id: Id<"organizations">; runConcurrency: number | null };
  isReadOnly: boolean;
}) {
  const { _id: organizationId, runConcurrency } = props.organization;
  const setLimit = useMutation(api.organizations.setRunConcurrency);
  return (
    <SettingsForm
      title="Runs at once"
      isReadOnly={props.isReadOnly}
      save={(data) =>
        setLimit({ organizationId, limit: limitIn(String(data.get("limit"))) })
      }
    >
      {(error) => (
        <FormField
          label="Limit, over all workflows"
          hint="Runs beyond it wait in the order of their priority, and say so. Empty: as many as come."
          error={error}
        >
          {(control) => (
            <Input
              {...control}
              key={runConcurrency}
              name="limit"
              inputMode="numeric"
              autoComplete="off"
              placeholder="No limit"
              defaultValue={runConcurrency ?? ""}
              className="w-32"
            />
          )}
        </FormField>
      )}
    </SettingsForm>
  );
}

/** Null when it is empty. What is no number is sent as it is, so that the server's own sentence is shown. */
function limitIn(text: string): number | null {
  return text.trim() === "" ? null : Number(text);
}
