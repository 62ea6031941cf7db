/** Who sends a request, as `ctx.meta.getRequestMetadata()` tells; nested calls inherit it. */
export interface RequestOrigin {
  ip: string | null;
  userAgent: string | null;
  authToken: string | null;
}

export const NOBODY: RequestOrigin = {
  ip: null,
  userAgent: null,
  authToken: null,
};

/** `metadata` is the engine's answer. */
export function withOrigin(metadata: string, origin: RequestOrigin): string {
  return JSON.stringify({ ...(JSON.parse(metadata) as object), ...origin });
}
