import type { ReactNode } from "react";

export type Detail = { name: string; value: ReactNode };

export function DetailsList({ details }: { details: readonly Detail[] }) {
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5">
      {details.map(({ name, value }) => (
        <div key={name} className="contents">
          <dt className="text-fg-muted">{name}</dt>
          <dd className="break-words tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** An id in full, as it is copied. */
export function IdText({ children }: { children: string }) {
  return <span className="font-mono text-xs break-all">{children}</span>;
}
