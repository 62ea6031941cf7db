"use client";

import { useConvexAuth, useQuery } from "convex/react";
import { useRouter } from "next/navigation";
import { useEffect } from "react";
import { PageSkeleton } from "@/components/page-skeleton";
import { api } from "@/convex/_generated/api";
import { ConnectionGate } from "@/features/shell/connection";

/** The root address: to the viewer's first workspace, or to sign in. */
export function HomeRedirect() {
  const router = useRouter();
  const { isAuthenticated, isLoading } = useConvexAuth();
  const viewer = useQuery(api.users.viewer, isAuthenticated ? {} : "skip");
  useEffect(() => {
    if (isLoading) return;
    if (!isAuthenticated) return router.replace("/sign-in");
    if (!viewer) return;
    const [first] = viewer.organizations;
    router.replace(first ? `/${first.slug}/workflows` : "/sign-in");
  }, [isAuthenticated, isLoading, router, viewer]);
  return (
    <ConnectionGate>
      <PageSkeleton label="Loading Lockstep" />
    </ConnectionGate>
  );
}
