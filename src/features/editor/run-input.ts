import { useState } from "react";
import { findUserError } from "@/lib/errors";
import { fieldPath } from "./field-path";
import {
  draftFromValue,
  formFields,
  valueFromDraft,
  type FormDraft,
} from "./schema-form-model";

export type InputMode = "form" | "json";

export type RunInputErrors = {
  fields: Record<string, string>;
  json: string | null;
};

const NO_ERRORS: RunInputErrors = { fields: {}, json: null };

function parseJson(text: string): { value: unknown } | null {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return null;
  }
}

/** The input of a run as it is being typed, either field by field or as JSON; switching carries it over. */
export function useRunInput(
  schemaText: string | null,
  sampleInput: string | null,
) {
  const fields = formFields(schemaText);
  const sample = parseJson(sampleInput ?? "{}")?.value ?? {};
  const [mode, setMode] = useState<InputMode>(fields ? "form" : "json");
  const [draft, setDraft] = useState<FormDraft>(() =>
    draftFromValue(fields ?? [], sample),
  );
  const [json, setJson] = useState(() => JSON.stringify(sample, null, 2));
  const [errors, setErrors] = useState(NO_ERRORS);

  const switchMode = (next: InputMode) => {
    setErrors(NO_ERRORS);
    if (next === "json" && fields) {
      const read = valueFromDraft(fields, draft);
      if (read.kind === "ok") setJson(JSON.stringify(read.value, null, 2));
    } else if (fields) {
      const parsed = parseJson(json);
      if (!parsed) return setErrors({ fields: {}, json: "Not valid JSON." });
      setDraft(draftFromValue(fields, parsed.value));
    }
    setMode(next);
  };

  /** The input as JSON text, or null after showing what is wrong with it. */
  const read = (): string | null => {
    setErrors(NO_ERRORS);
    if (mode === "json" || !fields) {
      if (parseJson(json)) return json;
      setErrors({ fields: {}, json: "Not valid JSON." });
      return null;
    }
    const result = valueFromDraft(fields, draft);
    if (result.kind === "ok") return JSON.stringify(result.value);
    setErrors({ fields: result.errors, json: null });
    return null;
  };

  /** Shows what the server has against the input at the field it is about. */
  const showRefusal = (error: unknown) => {
    const known = findUserError(error);
    if (!known?.field) return;
    const fields = { [fieldPath(known.field)]: known.message };
    setErrors({ fields, json: known.message });
  };

  return {
    fields,
    mode,
    draft,
    json,
    errors,
    switchMode,
    setJson,
    setField: (path: string, text: string) =>
      setDraft((was) => ({ ...was, [path]: text })),
    showRefusal,
    read,
  };
}

export type RunInput = ReturnType<typeof useRunInput>;
