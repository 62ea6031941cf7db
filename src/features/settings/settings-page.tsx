"use client";

import { useQuery } from "convex/react";
import { PageHeader } from "@/components/page-header";
import { PageSkeleton } from "@/components/page-skeleton";
import { api } from "@/convex/_generated/api";
import { canManage } from "@/lib/roles";
import { NameForm } from "./name-form";
import { RunLimitForm } from "./run-limit-form";

/** What holds for the whole organization. */
export function SettingsPage({ slug }: { slug: string }) {
  const organization = useQuery(api.organizations.getBySlug, { slug });
  if (!organization) return <PageSkeleton label="Loading settings" />;
  const isReadOnly = !canManage(organization.role);
  return (
    <div className="flex h-full flex-col overflow-y-auto">
      <PageHeader title="Settings" />
      <div className="flex max-w-xl flex-col gap-8 px-4 py-6 sm:px-6">
        {isReadOnly ? (
          <p className="text-fg-muted">
            Only owners and admins can change these settings.
          </p>
        ) : null}
        <NameForm organization={organization} isReadOnly={isReadOnly} />
        <RunLimitForm organization={organization} isReadOnly={isReadOnly} />
      </div>
    </div>
  );
}
