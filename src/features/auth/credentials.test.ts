import { ConvexError } from "convex/values";
import { describe, expect, it } from "vitest";
import { checkCredentials, signInFailure } from "./credentials";

const good = {
  name: "Ada",
  email: "ada@example.com",
  password: "correct horse",
};

describe("checkCredentials", () => {
  it("accepts good credentials", () => {
    expect(checkCredentials("signUp", good)).toEqual({});
  });

  it("names every wrong field of a new account", () => {
    const errors = checkCredentials("signUp", {
      name: "",
      email: "ada",
      password: "short",
    });
    expect(Object.keys(errors)).toEqual(["name", "email", "password"]);
  });

  it("does not judge the length of an existing password", () => {
    expect(
      checkCredentials("signIn", { ...good, name: "", password: "old" }),
    ).toEqual({});
  });
});

describe("signInFailure", () => {
  it("says the same for an unknown account and a wrong secret", () => {
    const unknown = signInFailure("signIn", new Error("InvalidAccountId"));
    expect(signInFailure("signIn", new Error("InvalidSecret"))).toBe(unknown);
  });

  it("does not blame the password when the server is too slow", () => {
    const error = new Error("Function execution timed out");
    expect(signInFailure("signIn", error)).toContain("too long");
  });

  it("passes on what the backend meant for the user", () => {
    const error = new ConvexError({
      code: "closed",
      message: "Sign-up is closed.",
    });
    expect(signInFailure("signUp", error)).toBe("Sign-up is closed.");
  });
});
