/** Upload and download of stored files. */
import { BackendError } from "../database/backend-error";
import type { FileService, OpenFile } from "../runtime/types";
import { bodyChunks } from "../runtime/request-bytes";
import { json } from "./responses";
import type { Router } from "./router";

export function addStorageRoutes(router: Router, files: FileService): void {
  router
    .on("POST", "/api/storage/upload", (request, _parameters, url) =>
      upload(request, url, files),
    )
    .on("GET", "/api/storage/:uuid", (request, parameters, url) => {
      const file = files.open(
        parameters["uuid"] ?? "",
        url.searchParams.get("component") ?? "",
      );
      if (file === null)
        throw new BackendError("FileNotFound", "File not found", {
          status: 404,
        });
      return download(file, request.headers.get("range"));
    });
}

async function upload(
  request: Request,
  url: URL,
  files: FileService,
): Promise<Response> {
  const digest =
    request.headers.get("digest")?.match(/^sha-256=(.+)$/i)?.[1] ?? null;
  const token = url.searchParams.get("token") ?? "";
  const contentType = request.headers.get("content-type");
  return json(
    await files.storeUpload({
      token,
      body: bodyChunks(request),
      contentType,
      digest,
    }),
  );
}

function download(file: OpenFile, rangeHeader: string | null): Response {
  const range =
    rangeHeader === null ? null : parseRange(rangeHeader, file.size);
  if (range === "unsatisfiable") {
    return new Response(null, {
      status: 416,
      headers: { "content-range": `bytes */${file.size}` },
    });
  }
  const headers = fileHeaders(file, range ?? { start: 0, end: file.size });
  if (range === null) return new Response(file.read(), { headers });
  headers.set(
    "content-range",
    `bytes ${range.start}-${range.end - 1}/${file.size}`,
  );
  return new Response(file.read(range), { status: 206, headers });
}

function fileHeaders(file: OpenFile, range: ByteRange): Headers {
  const headers = new Headers({
    "content-length": String(range.end - range.start),
    digest: `sha-256=${file.sha256}`,
    "accept-ranges": "bytes",
    "cache-control": "private, max-age=2592000",
  });
  if (file.contentType !== null) headers.set("content-type", file.contentType);
  return headers;
}

/** `end` is exclusive. */
export type ByteRange = { start: number; end: number };

/** One range only; anything that is not a byte range is ignored, as HTTP asks. */
export function parseRange(
  header: string,
  size: number,
): ByteRange | "unsatisfiable" | null {
  if (!header.startsWith("bytes=")) return null;
  if (header.includes(",")) return "unsatisfiable";
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(header) ?? [];
  if (first === "" && last === "") return null;
  const start = first === "" ? Math.max(size - Number(last), 0) : Number(first);
  const end =
    first === "" || last === "" ? size : Math.min(Number(last) + 1, size);
  return start < end ? { start, end } : "unsatisfiable";
}
