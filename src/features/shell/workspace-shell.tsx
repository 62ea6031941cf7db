"use client";

import { useConvexAuth, useQuery } from "convex/react";
import { usePathname, useRouter } from "next/navigation";
import { useEffect, type ReactNode } from "react";
import { api } from "@/convex/_generated/api";
import { NotFound } from "@/components/not-found";
import { Skeleton } from "@/components/ui/skeleton";
import { AppFrame } from "./app-frame";
import { ConnectionGate } from "./connection";
import { WorkspaceProvider } from "./workspace";

/** Signed-in frame of every page of a workspace: who may see it, navigation, connection. */
export function WorkspaceShell({
  slug,
  collapsed,
  children,
}: {
  slug: string;
  collapsed: boolean;
  children: ReactNode;
}) {
  const { isAuthenticated, isLoading } = useConvexAuth();
  useSignInRedirect(!isLoading && !isAuthenticated);
  const signedIn = isAuthenticated ? {} : "skip";
  const viewer = useQuery(api.users.viewer, signedIn);
  const workspace = useQuery(
    api.organizations.getBySlug,
    isAuthenticated ? { slug } : "skip",
  );
  if (viewer === undefined || viewer === null || workspace === undefined) {
    return (
      <ConnectionGate>
        <ShellSkeleton collapsed={collapsed} />
      </ConnectionGate>
    );
  }
  if (workspace === null) return <NotFound />;
  return (
    <WorkspaceProvider
      workspace={{
        organizationId: workspace._id,
        name: workspace.name,
        slug: workspace.slug,
        role: workspace.role,
      }}
    >
      <AppFrame viewer={viewer} collapsed={collapsed}>
        {children}
      </AppFrame>
    </WorkspaceProvider>
  );
}

function useSignInRedirect(needed: boolean) {
  const router = useRouter();
  const pathname = usePathname();
  useEffect(() => {
    if (!needed) return;
    const here = pathname + window.location.search;
    router.replace(`/sign-in?next=${encodeURIComponent(here)}`);
  }, [needed, pathname, router]);
}

function ShellSkeleton({ collapsed }: { collapsed: boolean }) {
  return (
    <div className="flex min-h-dvh" aria-busy>
      <span className="sr-only">Loading Lockstep</span>
      <div
        className="hidden border-r border-border bg-subtle p-3 sm:block"
        style={{ width: collapsed ? 52 : 220 }}
      >
        <Skeleton className="h-7 w-full" />
      </div>
      <div className="flex-1 space-y-4 p-6">
        <Skeleton className="h-7 w-48" />
        <Skeleton className="h-10 w-full" />
        <Skeleton className="h-10 w-full" />
        <Skeleton className="h-10 w-full" />
      </div>
    </div>
  );
}
