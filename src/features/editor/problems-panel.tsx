"use client";

import { CircleX, TriangleAlert } from "lucide-react";
import { formatPlural } from "@/lib/format";
import { countErrors, type Problem } from "./problems";

export const PROBLEMS_ID = "problems";

export function ProblemsPanel(props: {
  problems: readonly Problem[];
  onOpen: (problem: Problem) => void;
}) {
  const { problems } = props;
  return (
    <section
      id={PROBLEMS_ID}
      tabIndex={-1}
      aria-label="Problems"
      className="max-h-48 shrink-0 overflow-y-auto border-t border-border bg-subtle"
    >
      <h2 className="sticky top-0 bg-subtle px-4 py-1.5 text-xs font-semibold text-fg-muted sm:px-6">
        Problems{" "}
        <span role="status" className="font-normal">
          {summary(problems)}
        </span>
      </h2>
      {problems.length > 0 ? (
        <ul className="pb-2">
          {problems.map((problem, index) => (
            <ProblemRow key={index} problem={problem} onOpen={props.onOpen} />
          ))}
        </ul>
      ) : null}
    </section>
  );
}

function summary(problems: readonly Problem[]): string {
  if (problems.length === 0) return "none";
  const errors = countErrors(problems);
  const parts = [
    errors > 0 ? formatPlural(errors, "error") : "",
    problems.length > errors
      ? formatPlural(problems.length - errors, "warning")
      : "",
  ];
  return parts.filter(Boolean).join(", ");
}

function ProblemRow({
  problem,
  onOpen,
}: {
  problem: Problem;
  onOpen: (problem: Problem) => void;
}) {
  return (
    <li>
      <button
        type="button"
        onClick={() => onOpen(problem)}
        className="flex min-h-7 w-full items-start gap-2 px-4 py-1 text-left text-sm hover:bg-sunken sm:px-6"
      >
        {problem.severity === "error" ? (
          <CircleX
            className="mt-0.5 size-4 shrink-0 text-failed-text"
            aria-label="Error"
          />
        ) : (
          <TriangleAlert
            className="mt-0.5 size-4 shrink-0 text-retrying-text"
            aria-label="Warning"
          />
        )}
        <span className="min-w-0 flex-1 break-words whitespace-pre-wrap">
          {problem.message}
        </span>
        <span className="shrink-0 text-xs text-fg-muted">
          {problem.source} · line {problem.line}
        </span>
      </button>
    </li>
  );
}
