import { FormField } from "@/components/form-field";
import { Button } from "@/components/ui/button";
import { Textarea } from "@/components/ui/textarea";
import type { RunInput } from "./run-input";
import { SchemaForm } from "./schema-form";

/** The input of a run, as a form when its schema allows that, else as JSON. */
export function InputEditor({ input }: { input: RunInput }) {
  const { fields, mode } = input;
  return (
    <>
      {fields ? (
        <div className="flex items-center justify-between">
          <h3 className="text-sm font-semibold">Input</h3>
          <Button
            variant="ghost"
            size="sm"
            onClick={() => input.switchMode(mode === "form" ? "json" : "form")}
          >
            {mode === "form" ? "Edit as JSON" : "Edit as form"}
          </Button>
        </div>
      ) : null}
      {fields && mode === "form" ? (
        fields.length === 0 ? (
          <p className="text-fg-muted">This workflow takes no input.</p>
        ) : (
          <SchemaForm
            fields={fields}
            draft={input.draft}
            errors={input.errors.fields}
            onChange={input.setField}
          />
        )
      ) : (
        <FormField label="Input as JSON" error={input.errors.json}>
          {(control) => (
            <Textarea
              {...control}
              rows={10}
              spellCheck={false}
              className="font-mono text-xs"
              value={input.json}
              onChange={(event) => input.setJson(event.target.value)}
            />
          )}
        </FormField>
      )}
    </>
  );
}
