/**
 * Built-in accounts (Convex Auth). Anybody can sign up, but an account without a membership sees nothing: the first
 * visitor makes the first organization and becomes its owner; later accounts wait to be added to one or make their own.
 */
import { Password } from "@convex-dev/auth/providers/Password";
import { convexAuth } from "@convex-dev/auth/server";
import { userError } from "./errors";
import { hashSecret, verifySecret } from "./model/passwordHash";

const MIN_PASSWORD_LENGTH = 8;

export const { auth, signIn, signOut, store, isAuthenticated } = convexAuth({
  providers: [
    Password({
      crypto: { hashSecret, verifySecret },
      profile: (params) => ({
        email: emailOf(params["email"]),
        name: nameOf(params["name"], params["email"]),
      }),
      validatePasswordRequirements: (password) => {
        if (password.length < MIN_PASSWORD_LENGTH)
          throw userError(
            "invalid_argument",
            `A password has at least ${MIN_PASSWORD_LENGTH} characters.`,
            { field: "password" },
          );
      },
    }),
  ],
});

function emailOf(email: unknown): string {
  if (typeof email !== "string" || !/^[^\s@]+@[^\s@]+$/.test(email.trim()))
    throw userError("invalid_argument", "This is not an e-mail address.", {
      field: "email",
    });
  return email.trim().toLowerCase();
}

function nameOf(name: unknown, email: unknown): string {
  if (typeof name === "string" && name.trim() !== "") return name.trim();
  return emailOf(email).split("@")[0] ?? "Somebody";
}
