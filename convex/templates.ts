import { v } from "convex/values";
import { query } from "./functions";
import { templates } from "./model/templates";
import { environment } from "./environment";

/** The same for everybody; nothing in them is secret. */
export const list = query({
  args: {},
  returns: v.array(
    v.object({
      id: v.string(),
      name: v.string(),
      description: v.string(),
      source: v.string(),
      sampleInput: v.string(),
    }),
  ),
  handler: () => templates(environment("DEMO_URL")),
});
