/** `path` when it is an address inside this app, else null: a link must not send anybody elsewhere after sign-in. */
export function safePath(path: string | null): string | null {
  if (!path || !/^\/(?![/\\])/.test(path)) return null;
  return /[\r\n\t]/.test(path) ? null : path;
}
