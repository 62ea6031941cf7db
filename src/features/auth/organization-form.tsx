"use client";

import { useMutation } from "convex/react";
import { useRouter } from "next/navigation";
import { useState, type FormEvent } from "react";
import { FormField } from "@/components/form-field";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { api } from "@/convex/_generated/api";
import { errorMessage } from "@/lib/errors";
import { AuthCard } from "./auth-card";

export function OrganizationForm() {
  const { error, isBusy, submit } = useCreateOrganization();
  return (
    <AuthCard
      title="Name your organization"
      description="Workflows, runs and people belong to it. You can invite others later."
    >
      <form noValidate onSubmit={submit} className="flex flex-col gap-3">
        <FormField label="Organization name" error={error}>
          {(control) => (
            <Input
              {...control}
              name="name"
              autoComplete="organization"
              autoFocus
              maxLength={60}
              className="h-10"
            />
          )}
        </FormField>
        <Button type="submit" variant="primary" size="lg" disabled={isBusy}>
          {isBusy ? "Creating…" : "Continue"}
        </Button>
      </form>
    </AuthCard>
  );
}

function useCreateOrganization() {
  const router = useRouter();
  const create = useMutation(api.organizations.create);
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("name")).trim();
    if (name === "") return setError("Enter a name.");
    setBusy(true);
    try {
      const { slug } = await create({ name });
      router.replace(`/${slug}/workflows`);
    } catch (failure) {
      setError(
        errorMessage(failure, "Could not create the organization. Try again."),
      );
      setBusy(false);
    }
  };
  return {
    error,
    isBusy,
    submit: (event: FormEvent<HTMLFormElement>) => void submit(event),
  };
}
