import { defineComponent } from "convex/server";
import { v } from "convex/values";

export default defineComponent("shelf", {
  env: { OWNER: v.string(), COLOR: v.optional(v.string()) },
});
