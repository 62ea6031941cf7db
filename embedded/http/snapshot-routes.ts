/** Snapshot export and import, as `npx convex export` and `npx convex import` ask for them. All need the admin key. */
import type { Authenticator } from "../auth/authenticator";
import { BackendError } from "../database/backend-error";
import type { ExportFile } from "../deploy/snapshots/exports";
import type { Snapshots } from "../deploy/snapshots/snapshots";
import { requireAdmin } from "./caller-identity";
import { bodyChunks } from "../runtime/request-bytes";
import { jsonBody } from "./request-body";
import { empty, json } from "./responses";
import type { RouteHandler, Router } from "./router";

export type SnapshotRouteOptions = {
  authenticator: Authenticator;
  snapshots: Snapshots;
};

export function addSnapshotRoutes(
  router: Router,
  { authenticator, snapshots }: SnapshotRouteOptions,
): void {
  const admin = (answer: RouteHandler): RouteHandler => {
    return async (request, parameters, url) => {
      await requireAdmin(request, url, authenticator);
      return answer(request, parameters, url);
    };
  };
  addExportRoutes(router, admin, snapshots);
  addImportRoutes(router, admin, snapshots);
}

type Wrap = (answer: RouteHandler) => RouteHandler;

function addExportRoutes(
  router: Router,
  admin: Wrap,
  { exports }: Snapshots,
): void {
  router
    .on(
      "POST",
      "/api/export/request/zip",
      admin(async (_request, _parameters, url) => {
        await exports.request({
          includeStorage: url.searchParams.get("includeStorage") === "true",
          component: url.searchParams.get("component"),
        });
        return empty();
      }),
    )
    .on(
      "GET",
      "/api/export/zip/:name",
      admin((_request, { name = "" }) => {
        const file = exports.open(name);
        if (file !== null) return download(file);
        throw new BackendError(
          "ExportNotFound",
          `There is no export ${name}, or it was replaced by newer ones`,
          { status: 404 },
        );
      }),
    );
}

function download({ name, size, content }: ExportFile): Response {
  return new Response(content, {
    headers: {
      "content-type": "application/zip",
      "content-length": String(size),
      "content-disposition": `attachment; filename=${name}`,
    },
  });
}

function addImportRoutes(
  router: Router,
  admin: Wrap,
  { imports, uploads }: Snapshots,
): void {
  router
    .on(
      "POST",
      "/api/import/start_upload",
      admin(() => json({ uploadToken: uploads.start() })),
    )
    .on(
      "POST",
      "/api/import/upload_part",
      admin(async (request, _parameters, url) => {
        const token = url.searchParams.get("uploadToken") ?? "";
        const number = Number(url.searchParams.get("partNumber"));
        return json(await uploads.addPart(token, number, bodyChunks(request)));
      }),
    )
    .on(
      "POST",
      "/api/import/finish_upload",
      admin(async (request) => {
        const body = await jsonBody(request);
        return json({ importId: await imports.finishUpload(body) });
      }),
    )
    .on(
      "POST",
      "/api/perform_import",
      admin(async (request) => {
        await imports.perform(await jsonBody(request));
        return empty();
      }),
    )
    .on(
      "POST",
      "/api/cancel_import",
      admin(async (request) => {
        await imports.cancel(await jsonBody(request));
        return empty();
      }),
    )
    .on(
      "POST",
      "/api/import",
      admin(async (request, _parameters, url) => {
        const parameters = Object.fromEntries(url.searchParams);
        const body = bodyChunks(request);
        return json({ numWritten: await imports.runAtOnce(parameters, body) });
      }),
    );
}
