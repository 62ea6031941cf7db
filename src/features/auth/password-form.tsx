"use client";

import { useAuthActions } from "@convex-dev/auth/react";
import { useState, type FormEvent } from "react";
import { FormField } from "@/components/form-field";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { AuthCard } from "./auth-card";
import {
  checkCredentials,
  MIN_PASSWORD_LENGTH,
  signInFailure,
  type AuthFlow,
  type CredentialErrors,
} from "./credentials";

type Failure = { fields: CredentialErrors; message: string | null };
const NO_FAILURE: Failure = { fields: {}, message: null };

/** The first visitor creates the owner's account; everybody else signs in or creates their own. */
export function PasswordForm({ isFirstVisit }: { isFirstVisit: boolean }) {
  const [flow, setFlow] = useState<AuthFlow>(
    isFirstVisit ? "signUp" : "signIn",
  );
  const { failure, isBusy, submit } = usePasswordSubmit(flow);
  const isNew = flow === "signUp";
  return (
    <AuthCard
      title={title(flow, isFirstVisit)}
      {...(isFirstVisit && {
        description:
          "Nobody has an account here yet. The first one owns this installation.",
      })}
    >
      <form noValidate onSubmit={submit} className="flex flex-col gap-3">
        {isNew ? <NameField error={failure.fields.name} /> : null}
        <EmailField error={failure.fields.email} />
        <PasswordField isNew={isNew} error={failure.fields.password} />
        <p role="alert" className="text-failed-text empty:hidden">
          {failure.message}
        </p>
        <Button type="submit" variant="primary" size="lg" disabled={isBusy}>
          {submitLabel(flow, isBusy)}
        </Button>
      </form>
      {isFirstVisit ? null : <FlowSwitch flow={flow} onChange={setFlow} />}
    </AuthCard>
  );
}

function usePasswordSubmit(flow: AuthFlow) {
  const { signIn } = useAuthActions();
  const [failure, setFailure] = useState(NO_FAILURE);
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const credentials = readCredentials(form);
    const fields = checkCredentials(flow, credentials);
    setFailure({ fields, message: null });
    const [firstWrong] = Object.keys(fields);
    if (firstWrong) return focusField(form, firstWrong);
    setBusy(true);
    try {
      await signIn("password", { flow, ...credentials });
    } catch (error) {
      setFailure({ fields: {}, message: signInFailure(flow, error) });
      setBusy(false);
    }
  };
  return {
    failure,
    isBusy,
    submit: (event: FormEvent<HTMLFormElement>) => void submit(event),
  };
}

function focusField(form: HTMLFormElement, name: string) {
  form.querySelector<HTMLInputElement>(`[name="${name}"]`)?.focus();
}

function readCredentials(form: HTMLFormElement) {
  const data = new FormData(form);
  const read = (name: string) => String(data.get(name) ?? "");
  return {
    name: read("name").trim(),
    email: read("email").trim().toLowerCase(),
    password: read("password"),
  };
}

function title(flow: AuthFlow, isFirstVisit: boolean): string {
  if (isFirstVisit) return "Create the owner account";
  return flow === "signUp" ? "Create an account" : "Sign in";
}

function submitLabel(flow: AuthFlow, isBusy: boolean): string {
  if (flow === "signUp") return isBusy ? "Creating account…" : "Create account";
  return isBusy ? "Signing in…" : "Sign in";
}

function NameField({ error }: { error: string | undefined }) {
  return (
    <FormField label="Name" error={error ?? null}>
      {(control) => (
        <Input {...control} name="name" autoComplete="name" className="h-10" />
      )}
    </FormField>
  );
}

function EmailField({ error }: { error: string | undefined }) {
  return (
    <FormField label="Email" error={error ?? null}>
      {(control) => (
        <Input
          {...control}
          name="email"
          type="email"
          autoComplete="email"
          className="h-10"
        />
      )}
    </FormField>
  );
}

function PasswordField(props: { isNew: boolean; error: string | undefined }) {
  return (
    <FormField
      label="Password"
      hint={
        props.isNew ? `At least ${MIN_PASSWORD_LENGTH} characters.` : undefined
      }
      error={props.error ?? null}
    >
      {(control) => (
        <Input
          {...control}
          name="password"
          type="password"
          autoComplete={props.isNew ? "new-password" : "current-password"}
          className="h-10"
        />
      )}
    </FormField>
  );
}

function FlowSwitch(props: {
  flow: AuthFlow;
  onChange: (flow: AuthFlow) => void;
}) {
  const isNew = props.flow === "signUp";
  return (
    <p className="text-fg-muted">
      {isNew ? "Have an account? " : "No account yet? "}
      <Button
        variant="link"
        className="h-6 px-0"
        onClick={() => props.onChange(isNew ? "signIn" : "signUp")}
      >
        {isNew ? "Sign in" : "Create one"}
      </Button>
    </p>
  );
}
