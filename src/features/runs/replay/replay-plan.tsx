import type { FunctionReturnType } from "convex/server";
import { RotateCcw, TriangleAlert } from "lucide-react";
import type { api } from "@/convex/_generated/api";
import type { ReplayEffect, ReusedStep } from "@/convex/validators/replays";
import { formatCount, formatPlural } from "@/lib/format";
import { describeKey } from "@/lib/step-keys";

export type Plan = NonNullable<
  FunctionReturnType<typeof api.workflowRuns.replayPlan>
>;

const SHOWN = 6;

/** What is reused, and what others will notice again; or why it cannot be. */
export function ReplayPlan(props: { plan: Plan; isEdited: boolean }) {
  const { plan, isEdited } = props;
  if (plan.kind === "impossible")
    return (
      <p role="alert" className="text-failed-text">
        {plan.message}
      </p>
    );
  return (
    <div className="flex flex-col gap-3" aria-live="polite">
      <Reused steps={plan.reused} />
      <Effects effects={plan.effects} isEdited={isEdited} />
    </div>
  );
}

function Reused({ steps }: { steps: ReusedStep[] }) {
  if (steps.length === 0) return null;
  return (
    <section>
      <h3 className="flex items-center gap-1.5 text-xs font-semibold text-fg-muted">
        <RotateCcw aria-hidden className="size-3.5" />
        Reused, not run again
      </h3>
      <Few
        items={steps.map((step) => ({ key: step.key, text: reusedText(step) }))}
      />
    </section>
  );
}

function reusedText({ key, iterations }: ReusedStep): string {
  const name = describeKey(key);
  return iterations === null
    ? name
    : `${name}: the first ${formatPlural(iterations, "iteration")}`;
}

function Effects(props: { effects: ReplayEffect[]; isEdited: boolean }) {
  const { effects, isEdited } = props;
  if (effects.length === 0)
    return (
      <p className="text-fg-muted">
        Nothing outside is called: no requests, no actions, no questions.
      </p>
    );
  return (
    <section>
      <h3 className="flex items-center gap-1.5 text-xs font-semibold text-retrying-text">
        <TriangleAlert aria-hidden className="size-3.5" />
        Happens again
      </h3>
      <Few
        items={effects.map((effect) => ({
          key: effect.path,
          text: effectText(isEdited ? { ...effect, given: 0 } : effect),
        }))}
      />
    </section>
  );
}

const WHAT: Partial<Record<ReplayEffect["kind"], string>> = {
  http: "HTTP request",
  action: "action",
  approval: "approval",
};

function effectText(effect: ReplayEffect): string {
  const { path, kind, times, isEstimate, given = 0 } = effect;
  const name = describeKey(path);
  const what = WHAT[kind] ?? kind;
  if (times === 0) return `${name}: ${what}, not reached in this run`;
  const about = isEstimate ? "about " : "";
  const text = `${name}: ${about}${formatPlural(times, what)}`;
  return given === 0
    ? text
    : `${text}, ${times === given ? "" : `${formatCount(given)} `}given before: asked again only if the question differs`;
}

function Few({ items }: { items: { key: string; text: string }[] }) {
  const more = items.length - SHOWN;
  return (
    <ul className="mt-1 list-disc pl-5">
      {items.slice(0, SHOWN).map(({ key, text }) => (
        <li key={key} className="break-words">
          {text}
        </li>
      ))}
      {more > 0 ? (
        <li className="text-fg-muted">and {formatCount(more)} more</li>
      ) : null}
    </ul>
  );
}
