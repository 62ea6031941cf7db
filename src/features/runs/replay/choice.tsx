import { useId } from "react";
import { cn } from "@/lib/cn";

/** A radio button with a title and what it means. */
export function Choice(props: {
  name: string;
  checked: boolean;
  onChoose: () => void;
  title: string;
  note: string;
}) {
  const id = useId();
  const { name, checked, onChoose, title, note } = props;
  return (
    <label
      htmlFor={id}
      className={cn(
        "flex cursor-pointer gap-2.5 rounded-md border p-2.5",
        checked ? "border-primary bg-selected" : "border-border",
      )}
    >
      <input
        id={id}
        type="radio"
        name={name}
        className="mt-0.5 size-4 accent-primary"
        checked={checked}
        onChange={onChoose}
      />
      <span className="min-w-0">
        <span className="block font-medium break-words">{title}</span>
        <span className="block text-fg-muted">{note}</span>
      </span>
    </label>
  );
}
