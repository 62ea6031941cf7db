/** Which component's http.js answers a request: exact routes, then the longest prefix among routes and mounts. */
import type { ComponentPath } from "../database/types";
import { type Deployment, importServices } from "./deployment";
import type { Seed } from "./realm/realm-services";

export interface HttpRoute {
  path: string;
  method: string;
}
export type RouteMatch =
  | {
      kind: "route";
      componentPath: ComponentPath;
      path: string;
      pattern: string;
    }
  | { kind: "none"; hasHttp: boolean };

type Router = {
  isRouter?: boolean;
  getRoutes?: () => [string, string, unknown][];
};
const CHILD = /^_reference\/childComponent\/(.+)$/;

export class HttpRouting {
  readonly #deployment: Deployment;
  readonly #routes = new Map<ComponentPath, HttpRoute[] | null>();
  readonly #importPhase: { nowMs: number; seed: Seed };

  constructor(
    deployment: Deployment,
    importPhase: { nowMs: number; seed: Seed },
  ) {
    this.#deployment = deployment;
    this.#importPhase = importPhase;
  }

  match(path: string, method: string): RouteMatch {
    return this.#match("", path, method === "HEAD" ? "GET" : method);
  }

  #match(
    componentPath: ComponentPath,
    path: string,
    method: string,
  ): RouteMatch {
    const component = this.#deployment.components.get(componentPath);
    if (component === undefined) return { kind: "none", hasHttp: false };
    const routes = this.#routesOf(componentPath);
    const own = this.#ownPath(path, component.httpPrefix);
    const exact =
      own === null
        ? undefined
        : routes?.find(
            (route) => route.path === own && route.method === method,
          );
    if (exact !== undefined && own !== null)
      return { kind: "route", componentPath, path: own, pattern: exact.path };
    const prefix =
      own === null ? undefined : longestPrefix(routes ?? [], own, method);
    const mount = this.#longestMount(componentPath, path);
    if (
      mount !== undefined &&
      mount.prefix.length >= (prefix?.path.length ?? 0)
    ) {
      return this.#match(
        mount.child,
        `/${path.slice(mount.prefix.length)}`,
        method,
      );
    }
    if (prefix !== undefined && own !== null)
      return { kind: "route", componentPath, path: own, pattern: prefix.path };
    return {
      kind: "none",
      hasHttp: routes !== null || Object.keys(component.httpMounts).length > 0,
    };
  }

  #ownPath(path: string, prefix: string | undefined): string | null {
    if (prefix === undefined || prefix === "/") return path;
    return path.startsWith(prefix) ? `/${path.slice(prefix.length)}` : null;
  }

  #longestMount(
    parent: ComponentPath,
    path: string,
  ): { prefix: string; child: ComponentPath } | undefined {
    const mounts = Object.entries(
      this.#deployment.component(parent).httpMounts,
    ).flatMap(([prefix, reference]) => {
      const child = this.#deployment.childOf(
        parent,
        CHILD.exec(reference)?.[1] ?? "",
      );
      const matches =
        path.startsWith(prefix) && child !== undefined && this.#answers(child);
      return matches ? [{ prefix, child }] : [];
    });
    return mounts.sort((a, b) => b.prefix.length - a.prefix.length)[0];
  }

  /** A component without routes of its own may pass requests on to one that has some. */
  #answers(componentPath: ComponentPath): boolean {
    if (this.#routesOf(componentPath) !== null) return true;
    const { httpMounts } = this.#deployment.component(componentPath);
    return Object.values(httpMounts).some((reference) => {
      const child = this.#deployment.childOf(
        componentPath,
        CHILD.exec(reference)?.[1] ?? "",
      );
      return child !== undefined && this.#answers(child);
    });
  }

  /** Null when the component has no http.js. */
  #routesOf(componentPath: ComponentPath): HttpRoute[] | null {
    const known = this.#routes.get(componentPath);
    if (known !== undefined) return known;
    const routes = this.#readRoutes(componentPath);
    this.#routes.set(componentPath, routes);
    return routes;
  }

  #readRoutes(componentPath: ComponentPath): HttpRoute[] | null {
    if (!this.#deployment.hasModule(componentPath, "http.js")) return null;
    const realm = this.#deployment.realm(componentPath, 0);
    return realm.inspect(
      "http.js",
      importServices(this.#importPhase),
      (exports) => routesOf(exports["default"]),
    );
  }
}

/** Throws when the default export of http.js is not a router. */
export function routesOf(router: unknown): HttpRoute[] {
  const { isRouter, getRoutes } = (router ?? {}) as Router;
  if (isRouter !== true || getRoutes === undefined) {
    throw new Error("The default export of `convex/http.js` is not a Router.");
  }
  return Array.from(getRoutes(), ([path, method]) => ({
    path: String(path),
    method: String(method),
  }));
}

function longestPrefix(
  routes: readonly HttpRoute[],
  path: string,
  method: string,
): HttpRoute | undefined {
  return routes
    .filter(
      (route) =>
        route.method === method &&
        route.path.endsWith("/*") &&
        path.startsWith(route.path.slice(0, -1)),
    )
    .sort((a, b) => b.path.length - a.path.length)[0];
}
