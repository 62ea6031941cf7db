import { BackendError } from "../database/backend-error";

export type RouteParameters = { [name: string]: string };
export type RouteHandler = (
  request: Request,
  parameters: RouteParameters,
  url: URL,
) => Promise<Response> | Response;

type Route = { method: string; segments: string[]; handler: RouteHandler };

/** Exact paths with `:name` for one segment and a final `*rest` for the remainder. */
export class Router {
  readonly #routes: Route[] = [];

  on(method: string, pattern: string, handler: RouteHandler): this {
    this.#routes.push({ method, segments: pattern.split("/"), handler });
    return this;
  }

  handle(request: Request, url: URL): Promise<Response> | Response {
    const path = url.pathname.split("/");
    let isKnownPath = false;
    for (const route of this.#routes) {
      const parameters = match(route.segments, path);
      if (parameters === null) continue;
      isKnownPath = true;
      if (route.method === request.method)
        return route.handler(request, parameters, url);
    }
    throw isKnownPath
      ? methodNotAllowed(request.method)
      : notFound(url.pathname);
  }
}

function match(
  segments: readonly string[],
  path: readonly string[],
): RouteParameters | null {
  const parameters: RouteParameters = {};
  for (const [index, segment] of segments.entries()) {
    if (segment.startsWith("*"))
      return { ...parameters, [segment.slice(1)]: path.slice(index).join("/") };
    const given = path[index];
    if (given === undefined) return null;
    if (segment.startsWith(":") && given !== "")
      parameters[segment.slice(1)] = decode(given);
    else if (segment !== given) return null;
  }
  return segments.length === path.length ? parameters : null;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function notFound(path: string): BackendError {
  return new BackendError("NotFound", `There is no route ${path}`, {
    status: 404,
  });
}

function methodNotAllowed(method: string): BackendError {
  return new BackendError(
    "MethodNotAllowed",
    `This route does not answer ${method}`,
    { status: 405 },
  );
}
