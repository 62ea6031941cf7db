/** What `workflowVersions.compare` answers. */
import { v, type Infer } from "convex/values";
import { vStepKind } from "../validators/steps";
import { vTriggerSetting } from "../validators/triggers";
import { vDiagnostic } from "../validators/workflows";

const vText = v.union(v.string(), v.null());
const vLine = v.union(v.number(), v.null());
const vChange = v.object({ path: v.string(), before: vText, after: vText });

const vComparedSide = v.object({
  /** null: the draft. */
  number: v.union(v.number(), v.null()),
  source: v.string(),
  /** Why there is no graph: the draft does not compile. */
  diagnostics: v.array(vDiagnostic),
});

const vStepChange = v.object({
  path: v.string(),
  kind: vStepKind,
  change: v.union(
    v.literal("added"),
    v.literal("removed"),
    v.literal("changed"),
  ),
  parts: v.array(
    v.union(
      v.literal("kind"),
      v.literal("options"),
      v.literal("code"),
      v.literal("position"),
    ),
  ),
  options: v.array(vChange),
  kindBefore: v.union(vStepKind, v.null()),
  lines: v.object({ before: vLine, after: vLine }),
});

export const vComparison = v.object({
  from: vComparedSide,
  to: vComparedSide,
  /** null when a side does not compile. */
  graph: v.union(
    v.object({
      steps: v.array(vStepChange),
      options: v.array(vChange),
      otherCode: v.boolean(),
    }),
    v.null(),
  ),
  input: v.union(v.array(vChange), v.null()),
  /** null when a version is from before triggers were kept. */
  triggers: v.union(
    v.array(
      v.object({
        before: v.union(vTriggerSetting, v.null()),
        after: v.union(vTriggerSetting, v.null()),
      }),
    ),
    v.null(),
  ),
});
export type Comparison = Infer<typeof vComparison>;
