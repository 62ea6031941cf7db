import { defineApp } from "convex/server";
import { v } from "convex/values";
import cabinet from "./cabinet/convex.config";
import shelf from "./shelf/convex.config";

const app = defineApp({
  env: {
    MOUNTS_OWNER: v.string(),
    MOUNTS_MODE: v.optional(v.union(v.literal("loud"), v.literal("quiet"))),
  },
});
app.use(shelf, {
  httpPrefix: "/shelf/",
  env: { OWNER: app.env.MOUNTS_OWNER, COLOR: "green" },
});
app.use(shelf, {
  name: "second",
  httpPrefix: "/second",
  env: { OWNER: "bob" },
});
app.use(cabinet, {
  httpPrefix: "/cabinet/",
  env: { KEEPER: app.env.MOUNTS_OWNER },
});
export default app;
