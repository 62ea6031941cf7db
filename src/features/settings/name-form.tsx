import { useMutation } from "convex/react";
import { FormField } from "@/components/form-field";
import { Input } from "@/components/ui/input";
import { api } from "@/convex/_generated/api";
import type { Id } from "@/convex/_generated/dataModel";
import { SettingsForm } from "./settings-form";

export function NameForm(props: {
  organization: { _id: Id<"organizations">; name: string; slug: string };
  isReadOnly: boolean;
}) {
  const { _id: organizationId, name, slug } = props.organization;
  const rename = useMutation(api.organizations.rename);
  return (
    <SettingsForm
      title="Organization"
      isReadOnly={props.isReadOnly}
      save={(data) =>
        rename({ organizationId, name: String(data.get("name")) })
      }
    >
      {(error) => (
        <FormField
          label="Name"
          hint={`Its address stays /${slug}.`}
          error={error}
        >
          {(control) => (
            <Input
              {...control}
              key={name}
              name="name"
              defaultValue={name}
              maxLength={100}
              className="w-80 max-w-full"
            />
          )}
        </FormField>
      )}
    </SettingsForm>
  );
}
