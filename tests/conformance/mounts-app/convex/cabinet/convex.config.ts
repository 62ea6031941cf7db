import { defineComponent } from "convex/server";
import { v } from "convex/values";
import shelf from "../shelf/convex.config";

/** Has no routes of its own: requests only pass through it. */
const cabinet = defineComponent("cabinet", { env: { KEEPER: v.string() } });
cabinet.use(shelf, {
  httpPrefix: "/inner/",
  env: { OWNER: cabinet.env.KEEPER, COLOR: "oak" },
});
export default cabinet;
