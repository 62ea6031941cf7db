"use client";

import { useQuery } from "convex/react";
import type { FunctionReturnType } from "convex/server";
import { Copy, Download } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { api } from "@/convex/_generated/api";
import type { StepRow } from "@/convex/validators/steps";
import { formatBytes, formatCount } from "../../lib/format";
import { Button } from "../ui/button";
import { Input } from "../ui/input";
import { Skeleton } from "../ui/skeleton";
import { copyText, parseJson, searchJson } from "./json-rows";
import { JsonTree } from "./json-tree";

export type PayloadRef = NonNullable<StepRow["input"]>;
type Payload = NonNullable<FunctionReturnType<typeof api.payloads.get>>;

const KB = 1_024;
const AUTO_LOAD_BYTES = 256 * KB;
const MAX_PARSED_BYTES = 10 * KB * KB;
const SEARCH_FROM_BYTES = 200;

/** A stored value: its type and size first, and its body once it is wanted. */
export function PayloadViewer({
  payload,
  name,
}: {
  payload: PayloadRef;
  name: string;
}) {
  const [wanted, setWanted] = useState(payload.bytes <= AUTO_LOAD_BYTES);
  return (
    <section aria-label={name} className="flex flex-col gap-2">
      {payload.id === null ? (
        <Body payload={payload} name={name} text={payload.preview} />
      ) : wanted ? (
        <LoadedPayload payload={payload} name={name} />
      ) : (
        <>
          <PayloadFacts payload={payload} />
          <pre className="max-h-24 overflow-hidden rounded-md border border-border bg-subtle p-2 font-mono text-xs break-all whitespace-pre-wrap text-fg-muted">
            {payload.preview}…
          </pre>
          <Button className="self-start" onClick={() => setWanted(true)}>
            Load {formatBytes(payload.bytes)}
          </Button>
        </>
      )}
    </section>
  );
}

function PayloadFacts({ payload }: { payload: PayloadRef }) {
  return (
    <span className="text-xs text-fg-muted">
      {payload.type} · {formatBytes(payload.bytes)}
    </span>
  );
}

/** The body of a stored value, loaded once it is asked for. Small ones are in the reference. */
export function usePayload({ id, preview }: PayloadRef): PayloadBody {
  const stored = useQuery(
    api.payloads.get,
    id === null ? "skip" : { payloadId: id },
  );
  const body = useBody(stored);
  return id === null ? { kind: "ready", text: preview } : body;
}

function LoadedPayload(props: { payload: PayloadRef; name: string }) {
  const body = usePayload(props.payload);
  if (body.kind === "gone")
    return <p className="text-fg-muted">This data was deleted.</p>;
  if (body.kind === "loading") return <PayloadSkeleton />;
  if (body.kind === "failed")
    return <p className="text-failed-text">{body.message}</p>;
  if (body.kind === "too-large")
    return (
      <p className="text-fg-muted">
        {formatBytes(props.payload.bytes)} is too large to show here.{" "}
        <a className="link" href={body.url} download>
          Download it
        </a>
      </p>
    );
  return <Body {...props} text={body.text} />;
}

export type PayloadBody =
  | { kind: "loading" }
  | { kind: "ready"; text: string }
  | { kind: "too-large"; url: string }
  | { kind: "failed"; message: string }
  | { kind: "gone" };

/** Inline bodies come with the query; larger ones are files, fetched once. */
function useBody(stored: Payload | null | undefined): PayloadBody {
  const [file, setFile] = useState<PayloadBody>({ kind: "loading" });
  const url = stored?.kind === "file" ? stored.url : null;
  const tooLarge = stored?.kind === "file" && stored.bytes > MAX_PARSED_BYTES;
  useEffect(() => {
    if (url === null || tooLarge) return;
    const abort = new AbortController();
    fetchText(url, abort.signal)
      .then((text) => setFile({ kind: "ready", text }))
      .catch((error: unknown) => {
        if (abort.signal.aborted) return;
        const reason = error instanceof Error ? error.message : String(error);
        setFile({ kind: "failed", message: `Could not load: ${reason}` });
      });
    return () => abort.abort();
  }, [url, tooLarge]);
  if (stored === undefined) return { kind: "loading" };
  if (stored === null) return { kind: "gone" };
  if (stored.kind === "inline") return { kind: "ready", text: stored.json };
  return tooLarge ? { kind: "too-large", url: stored.url } : file;
}

async function fetchText(url: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return await response.text();
}

function Body(props: { payload: PayloadRef; name: string; text: string }) {
  const value = useMemo(() => tryParse(props.text), [props.text]);
  const [query, setQuery] = useState("");
  const [position, setPosition] = useState(0);
  const hits = useMemo(() => searchJson(value, query), [value, query]);
  const hit = hits[position % Math.max(hits.length, 1)] ?? null;
  const searchable = props.payload.bytes >= SEARCH_FROM_BYTES;
  return (
    <>
      <div className="flex items-center gap-1">
        <PayloadFacts payload={props.payload} />
        {searchable ? (
          <Search
            query={query}
            onQuery={(text) => {
              setQuery(text);
              setPosition(0);
            }}
            hits={hits.length}
            position={hit ? position % hits.length : 0}
            onMove={(by) =>
              setPosition((was) => (was + by + hits.length) % hits.length)
            }
          />
        ) : (
          <span className="flex-1" />
        )}
        <Button
          variant="ghost"
          size="icon-sm"
          aria-label={`Copy ${props.name}`}
          title="Copy"
          onClick={() => void navigator.clipboard.writeText(copyText(value))}
        >
          <Copy aria-hidden />
        </Button>
        <Button
          variant="ghost"
          size="icon-sm"
          aria-label={`Download ${props.name}`}
          title="Download"
          onClick={() => download(props.text, `${props.name}.json`)}
        >
          <Download aria-hidden />
        </Button>
      </div>
      <JsonTree value={value} label={props.name} reveal={hit} />
    </>
  );
}

function Search(props: {
  query: string;
  onQuery: (query: string) => void;
  hits: number;
  position: number;
  onMove: (by: 1 | -1) => void;
}) {
  return (
    <span className="flex min-w-0 flex-1 items-center justify-end gap-2">
      <span role="status" className="text-xs text-fg-muted tabular-nums">
        {props.query === "" ? "" : hitText(props.hits, props.position)}
      </span>
      <Input
        type="search"
        aria-label="Search in this value"
        placeholder="Search"
        className="h-7 max-w-36 max-sm:h-9"
        value={props.query}
        onChange={(event) => props.onQuery(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || props.hits === 0) return;
          event.preventDefault();
          props.onMove(event.shiftKey ? -1 : 1);
        }}
      />
    </span>
  );
}

function hitText(hits: number, position: number): string {
  if (hits === 0) return "No match";
  const total = hits >= 1_000 ? "1,000+" : formatCount(hits);
  return `${formatCount(position + 1)} of ${total}`;
}

function tryParse(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

function download(text: string, fileName: string): void {
  const url = URL.createObjectURL(
    new Blob([text], { type: "application/json" }),
  );
  const link = document.createElement("a");
  link.href = url;
  link.download = fileName;
  link.click();
  URL.revokeObjectURL(url);
}

function PayloadSkeleton() {
  return (
    <div aria-busy>
      <span className="sr-only">Loading the value</span>
      <Skeleton className="h-24" />
    </div>
  );
}
