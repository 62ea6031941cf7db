"use client";

import { useId, type ReactNode } from "react";
import { Label } from "./ui/label";

export type FieldControlProps = {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": true | undefined;
};

/** A label, its control, a hint and the error of this field, tied together for assistive technology. */
export function FormField(props: {
  label: ReactNode;
  hint?: ReactNode;
  error?: string | null;
  children: (control: FieldControlProps) => ReactNode;
}) {
  const id = useId();
  const hasNote = Boolean(props.error ?? props.hint);
  return (
    <div className="flex flex-col gap-1">
      <Label htmlFor={id}>{props.label}</Label>
      {props.children({
        id,
        "aria-describedby": hasNote ? `${id}-note` : undefined,
        "aria-invalid": props.error ? true : undefined,
      })}
      {hasNote ? (
        <div id={`${id}-note`} className="text-xs">
          {props.hint ? <p className="text-fg-muted">{props.hint}</p> : null}
          {props.error ? (
            <p className="text-failed-text">{props.error}</p>
          ) : null}
        </div>
      ) : null}
    </div>
  );
}
