/** Every `/api` route may be called from any origin; HTTP actions answer for themselves. */
export function withCors(request: Request, response: Response): Response {
  const origin = request.headers.get("origin");
  if (origin === null) return response;
  const headers = new Headers(response.headers);
  headers.set("access-control-allow-origin", origin);
  headers.set("access-control-allow-credentials", "true");
  headers.append("vary", "Origin");
  return new Response(response.body, {
    status: response.status,
    statusText: response.statusText,
    headers,
  });
}

export function preflight(request: Request): Response {
  const headers = new Headers({
    "access-control-allow-methods": "GET,POST,PUT,PATCH,DELETE,OPTIONS",
    "access-control-max-age": "86400",
  });
  const requested = request.headers.get("access-control-request-headers");
  if (requested !== null)
    headers.set("access-control-allow-headers", requested);
  return withCors(request, new Response(null, { status: 200, headers }));
}
