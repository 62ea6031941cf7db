import { query } from "./_generated/server";

export const me = query({
  args: {},
  handler: (ctx) => ctx.auth.getUserIdentity(),
});
