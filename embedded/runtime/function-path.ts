/** `dir/module.js` and the export: how a function is named inside. */
export interface FunctionPath {
  module: string;
  name: string;
}

/** Accepts what clients send: `dir/module:export`, `dir/module.js:export`, `dir/module`. */
export function parseFunctionPath(text: string): FunctionPath {
  const colon = text.lastIndexOf(":");
  const module = colon === -1 ? text : text.slice(0, colon);
  const name = colon === -1 ? "default" : text.slice(colon + 1);
  return { module: module.endsWith(".js") ? module : `${module}.js`, name };
}

/** `dir/module.js:export`, as stored and as in error texts about types. */
export function storedPath(path: FunctionPath): string {
  return `${path.module}:${path.name}`;
}

/** Without `.js` and `:default`, as in texts for people. */
export function displayPath(path: FunctionPath): string {
  const module = path.module.replace(/\.js$/, "");
  return path.name === "default" ? module : `${module}:${path.name}`;
}
