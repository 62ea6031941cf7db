"use client";

import { useMutation, useQuery } from "convex/react";
import { useRouter } from "next/navigation";
import { useState, type FormEvent } from "react";
import { FormField } from "@/components/form-field";
import { PageHeader } from "@/components/page-header";
import { PageSkeleton } from "@/components/page-skeleton";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { api } from "@/convex/_generated/api";
import { useWorkspace } from "@/features/shell/workspace";
import { cn } from "@/lib/cn";
import { errorMessage } from "@/lib/errors";

const BLANK = {
  id: "blank",
  name: "Start from blank",
  description: "One code step to build on.",
};

export function NewWorkflowPage({ template }: { template: string | null }) {
  const templates = useQuery(api.templates.list, {});
  if (templates === undefined)
    return <PageSkeleton label="Loading templates" />;
  return (
    <>
      <PageHeader title="New workflow" />
      <NewWorkflowForm choices={[...templates, BLANK]} initial={template} />
    </>
  );
}

type Choice = { id: string; name: string; description: string };

function NewWorkflowForm(props: { choices: Choice[]; initial: string | null }) {
  const known = props.choices.find(({ id }) => id === props.initial);
  const [chosen, setChosen] = useState<Choice>(
    known ?? props.choices[0] ?? BLANK,
  );
  const [typedName, setTypedName] = useState<string | null>(null);
  const suggested = chosen.id === BLANK.id ? "" : chosen.name;
  const name = typedName ?? suggested;
  const { error, isBusy, create } = useCreate();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create(name.trim(), chosen.id);
  };
  return (
    <form
      noValidate
      onSubmit={submit}
      className="flex max-w-3xl flex-col gap-5 p-4 sm:p-6"
    >
      <TemplateChoice
        choices={props.choices}
        chosen={chosen}
        onChoose={setChosen}
      />
      <FormField label="Name" error={error}>
        {(control) => (
          <Input
            {...control}
            value={name}
            maxLength={100}
            placeholder="Sync new leads"
            className="max-w-md"
            onChange={(event) => setTypedName(event.target.value)}
          />
        )}
      </FormField>
      <Button
        type="submit"
        variant="primary"
        disabled={isBusy}
        className="self-start"
      >
        {isBusy ? "Creating…" : "Create workflow"}
      </Button>
    </form>
  );
}

function TemplateChoice(props: {
  choices: Choice[];
  chosen: Choice;
  onChoose: (choice: Choice) => void;
}) {
  return (
    <fieldset>
      <legend className="mb-2 font-medium">Start from</legend>
      <div className="grid gap-3 sm:grid-cols-2">
        {props.choices.map((choice) => (
          <label
            key={choice.id}
            className={cn(
              "flex cursor-pointer gap-3 rounded-lg border border-border p-3 hover:bg-subtle",
              "has-checked:border-primary has-checked:bg-selected",
            )}
          >
            <input
              type="radio"
              name="template"
              className="mt-1 size-4 shrink-0 accent-primary"
              checked={choice.id === props.chosen.id}
              onChange={() => props.onChoose(choice)}
            />
            <span>
              <span className="block text-base font-medium">{choice.name}</span>
              <span className="text-fg-muted">{choice.description}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function useCreate() {
  const router = useRouter();
  const { organizationId, slug: ws } = useWorkspace();
  const mutation = useMutation(api.workflows.create);
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const create = async (name: string, templateId: string) => {
    if (name === "") return setError("Enter a name.");
    setBusy(true);
    try {
      const template = templateId === BLANK.id ? {} : { templateId };
      const { slug } = await mutation({ organizationId, name, ...template });
      router.push(`/${ws}/workflows/${slug}/code`);
    } catch (failure) {
      setError(
        errorMessage(failure, "Could not create the workflow. Try again."),
      );
      setBusy(false);
    }
  };
  return {
    error,
    isBusy,
    create: (name: string, id: string) => void create(name, id),
  };
}
