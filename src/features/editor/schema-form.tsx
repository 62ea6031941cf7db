"use client";

import { FormField as Field } from "@/components/form-field";
import { Input } from "@/components/ui/input";
import { Select } from "@/components/ui/select";
import { Textarea } from "@/components/ui/textarea";
import type { FormDraft, FormField } from "./schema-form-model";

type FormProps = {
  fields: readonly FormField[];
  draft: FormDraft;
  errors: Record<string, string>;
  onChange: (path: string, text: string) => void;
};

/** A form for a JSON Schema; errors are shown at their fields. */
export function SchemaForm(props: FormProps) {
  return (
    <div className="flex flex-col gap-3">
      {props.fields.map((field) =>
        field.kind === "group" ? (
          <fieldset
            key={field.path}
            className="rounded-md border border-border p-3"
          >
            <legend className="px-1 text-sm font-medium">
              {fieldLabel(field)}
            </legend>
            <SchemaForm {...props} fields={field.fields} />
          </fieldset>
        ) : (
          <FieldRow key={field.path} {...props} field={field} />
        ),
      )}
    </div>
  );
}

type LeafField = Exclude<FormField, { kind: "group" }>;

function fieldLabel({ label, required }: FormField) {
  return (
    <>
      {label}
      <span className="ml-1.5 text-xs font-normal text-fg-muted">
        {required ? "required" : "optional"}
      </span>
    </>
  );
}

function FieldRow({
  field,
  draft,
  errors,
  onChange,
}: FormProps & { field: LeafField }) {
  const value = draft[field.path] ?? "";
  const change = (event: { target: { value: string } }) =>
    onChange(field.path, event.target.value);
  return (
    <Field
      label={fieldLabel(field)}
      hint={field.description}
      error={errors[field.path] ?? null}
    >
      {(labelled) => {
        const control = { ...labelled, value, onChange: change };
        switch (field.kind) {
          case "text":
            return (
              <Input
                {...control}
                type={inputType(field.format)}
                autoComplete="off"
              />
            );
          case "number":
            return (
              <Input
                {...control}
                inputMode={field.integer ? "numeric" : "decimal"}
                autoComplete="off"
              />
            );
          case "boolean":
            return (
              <Select {...control}>
                <option value="">Not given</option>
                <option value="true">true</option>
                <option value="false">false</option>
              </Select>
            );
          case "choice":
            return (
              <Select {...control}>
                <option value="">Not given</option>
                {field.options.map((option, index) => (
                  <option key={index} value={index}>
                    {String(option)}
                  </option>
                ))}
              </Select>
            );
          case "json":
            return (
              <Textarea
                {...control}
                rows={4}
                spellCheck={false}
                className="font-mono text-xs"
                placeholder={field.expects === "array" ? "[ ]" : "{ }"}
              />
            );
          default:
            return field satisfies never;
        }
      }}
    </Field>
  );
}

function inputType(format: string | null): string {
  if (format === "email") return "email";
  if (format === "uri") return "url";
  return "text";
}
