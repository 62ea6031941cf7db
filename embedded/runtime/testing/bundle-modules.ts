/** For tests: bundles sources the way the `convex` command line does, against the real `convex/server`. */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import type { PushedModule } from "../types";

export type SourceFiles = { [path: string]: string };
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const FOLDER = path.join(ROOT, "convex-fixture");

/** Keys are paths without folder, such as `messages.ts`. */
export async function bundleModules(
  sources: SourceFiles,
): Promise<PushedModule[]> {
  const isNode = (name: string) => /^\s*"use node"/.test(sources[name] ?? "");
  const names = Object.keys(sources);
  const isolate = await bundleFor(
    sources,
    names.filter((name) => !isNode(name)),
    "isolate",
  );
  const node = await bundleFor(sources, names.filter(isNode), "node");
  return [...isolate, ...node];
}

async function bundleFor(
  sources: SourceFiles,
  names: string[],
  environment: "isolate" | "node",
): Promise<PushedModule[]> {
  if (names.length === 0) return [];
  return bundleEntryPoints(
    names.map((name) => path.join(FOLDER, name)),
    FOLDER,
    environment,
    [virtualFiles(sources)],
  );
}

/** The options of the command line's bundler. */
export async function bundleEntryPoints(
  entryPoints: string[],
  folder: string,
  environment: "isolate" | "node" = "isolate",
  plugins: Plugin[] = [],
): Promise<PushedModule[]> {
  const result = await build({
    entryPoints,
    bundle: true,
    platform: environment === "node" ? "node" : "browser",
    format: "esm",
    target: "esnext",
    outdir: path.join(ROOT, "out"),
    outbase: folder,
    conditions: ["convex", "module"],
    plugins,
    write: false,
    sourcemap: true,
    sourcesContent: false,
    splitting: true,
    chunkNames: environment === "node" ? "_deps/node/[hash]" : "_deps/[hash]",
    minifySyntax: true,
    minifyIdentifiers: true,
    keepNames: true,
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "silent",
  });
  const files = new Map(
    result.outputFiles.map((file) => [
      path.relative(path.join(ROOT, "out"), file.path),
      file.text,
    ]),
  );
  return [...files].flatMap(([name, source]) => {
    if (name.endsWith(".map")) return [];
    const sourceMap = files.get(`${name}.map`);
    return [
      {
        path: name,
        source,
        environment,
        ...(sourceMap === undefined ? {} : { sourceMap }),
      },
    ];
  });
}

function virtualFiles(sources: SourceFiles): Plugin {
  return {
    name: "fixture",
    setup(bundler) {
      bundler.onResolve(
        { filter: /convex-fixture|^\.\// },
        ({ path: request, importer }) => {
          const target = path.isAbsolute(request)
            ? request
            : path.join(path.dirname(importer), request);
          const name = [target, `${target}.ts`]
            .map((file) => path.relative(FOLDER, file))
            .find((file) => file in sources);
          return name === undefined
            ? undefined
            : { path: path.join(FOLDER, name) };
        },
      );
      bundler.onLoad({ filter: /convex-fixture/ }, ({ path: file }) => {
        const contents = sources[path.relative(FOLDER, file)];
        return contents === undefined
          ? undefined
          : { contents, loader: "ts", resolveDir: ROOT };
      });
    },
  };
}
