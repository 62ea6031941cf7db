"use client";

import { useConvexAuth, useQuery } from "convex/react";
import { useRouter } from "next/navigation";
import { useEffect } from "react";
import { Skeleton } from "@/components/ui/skeleton";
import { api } from "@/convex/_generated/api";
import { ConnectionGate } from "@/features/shell/connection";
import { safePath } from "@/lib/safe-path";
import { AuthCard } from "./auth-card";
import { OrganizationForm } from "./organization-form";
import { PasswordForm } from "./password-form";

export function SignInPage({ next }: { next: string | null }) {
  return (
    <ConnectionGate>
      <main className="grid min-h-dvh place-items-center bg-subtle p-4">
        <CurrentStep next={safePath(next)} />
      </main>
    </ConnectionGate>
  );
}

function CurrentStep({ next }: { next: string | null }) {
  const { isAuthenticated, isLoading } = useConvexAuth();
  const viewer = useQuery(api.users.viewer, isAuthenticated ? {} : "skip");
  const isFirstVisit = useQuery(
    api.users.isFirstVisit,
    isAuthenticated || isLoading ? "skip" : {},
  );
  if (isAuthenticated) {
    if (!viewer) return <CardSkeleton />;
    const [first] = viewer.organizations;
    if (!first) return <OrganizationForm />;
    return <GoTo path={next ?? `/${first.slug}/workflows`} />;
  }
  if (isFirstVisit === undefined) return <CardSkeleton />;
  return <PasswordForm isFirstVisit={isFirstVisit} />;
}

function GoTo({ path }: { path: string }) {
  const router = useRouter();
  useEffect(() => router.replace(path), [path, router]);
  return <CardSkeleton />;
}

function CardSkeleton() {
  return (
    <AuthCard title={<Skeleton className="h-6 w-40" />}>
      <div className="space-y-3" aria-busy>
        <span className="sr-only">Loading</span>
        <Skeleton className="h-10 w-full" />
        <Skeleton className="h-10 w-full" />
        <Skeleton className="h-10 w-full" />
      </div>
    </AuthCard>
  );
}
