import type { Metadata } from "next";
import { SignInPage } from "@/features/auth/sign-in-page";

export const metadata: Metadata = { title: "Sign in" };

export default async function Page(props: {
  searchParams: Promise<{ next?: string | string[] }>;
}) {
  const { next } = await props.searchParams;
  return <SignInPage next={typeof next === "string" ? next : null} />;
}
