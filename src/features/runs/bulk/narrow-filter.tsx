import { useId, type ReactNode } from "react";
import { Input } from "@/components/ui/input";
import { Label } from "@/components/ui/label";
import type { BulkAction } from "@/convex/validators/bulkJobs";
import type { RunFilter } from "@/convex/validators/runs";

/** What the list does not filter by: time, version and error. */
export function NarrowFilter(props: {
  value: RunFilter;
  onChange: (value: RunFilter) => void;
  kind: BulkAction["kind"];
}) {
  const { value, onChange } = props;
  const set = (name: keyof RunFilter, to: string | number | undefined) => {
    const { [name]: _was, ...rest } = value;
    onChange(to === undefined ? rest : { ...rest, [name]: to });
  };
  const text = (given: string) => (given === "" ? undefined : given);
  return (
    <fieldset className="grid grid-cols-2 gap-3">
      <legend className="mb-1 text-xs font-semibold text-fg-muted">
        Only those
      </legend>
      <Field label="Created from">
        {(id) => (
          <Input
            id={id}
            type="datetime-local"
            onChange={(event) => set("from", timeOf(event.target.value))}
          />
        )}
      </Field>
      <Field label="Created until">
        {(id) => (
          <Input
            id={id}
            type="datetime-local"
            onChange={(event) => set("to", timeOf(event.target.value))}
          />
        )}
      </Field>
      <Field label="Of version">
        {(id) => (
          <Input
            id={id}
            inputMode="numeric"
            pattern="[0-9]*"
            placeholder="Any"
            onChange={(event) => set("version", numberOf(event.target.value))}
          />
        )}
      </Field>
      {props.kind === "replay" ? (
        <Field label="Error contains">
          {(id) => (
            <Input
              id={id}
              placeholder="Code, name or message"
              onChange={(event) => set("error", text(event.target.value))}
            />
          )}
        </Field>
      ) : null}
    </fieldset>
  );
}

function Field(props: { label: string; children: (id: string) => ReactNode }) {
  const id = useId();
  return (
    <div className="flex flex-col gap-1">
      <Label htmlFor={id}>{props.label}</Label>
      {props.children(id)}
    </div>
  );
}

function timeOf(local: string): number | undefined {
  const time = new Date(local).getTime();
  return Number.isNaN(time) ? undefined : time;
}

function numberOf(text: string): number | undefined {
  const number = Number.parseInt(text, 10);
  return Number.isNaN(number) ? undefined : number;
}
