import { findUserError } from "@/lib/errors";

export type AuthFlow = "signIn" | "signUp";
export type Credentials = { name: string; email: string; password: string };
export type CredentialErrors = Partial<Record<keyof Credentials, string>>;

/** What Convex Auth's Password provider asks for by default. */
export const MIN_PASSWORD_LENGTH = 8;

/** What can be said before asking the server, by field in the order of the form. */
export function checkCredentials(
  flow: AuthFlow,
  { name, email, password }: Credentials,
): CredentialErrors {
  const errors: CredentialErrors = {};
  if (flow === "signUp" && name === "") errors.name = "Enter your name.";
  if (!/^[^\s@]+@[^\s@]+$/.test(email))
    errors.email = "Enter an email address.";
  if (flow === "signUp" && password.length < MIN_PASSWORD_LENGTH) {
    errors.password = `Use at least ${MIN_PASSWORD_LENGTH} characters.`;
  } else if (password === "") errors.password = "Enter your password.";
  return errors;
}

/** Says the same for an unknown email and a wrong password, so that accounts cannot be guessed. */
export function signInFailure(flow: AuthFlow, error: unknown): string {
  const known = findUserError(error);
  if (known) return known.message;
  const text = error instanceof Error ? error.message : "";
  if (/TooManyFailedAttempts/.test(text)) {
    return "Too many failed attempts. Wait a few minutes and try again.";
  }
  if (/fetch|network/i.test(text)) {
    return "Could not reach the server. Check the connection and try again.";
  }
  if (/timed out/i.test(text)) {
    return "The server took too long to answer. Try again.";
  }
  return flow === "signIn"
    ? "Could not sign in. The email or the password is not right."
    : "Could not create the account. If you already have one with this email, sign in instead.";
}
