"use client";

import { useQuery } from "convex/react";
import Link from "next/link";
import { Skeleton } from "@/components/ui/skeleton";
import { api } from "@/convex/_generated/api";
import { useWorkspace } from "@/features/shell/workspace";

/** Links to the new-workflow page with a template chosen, and one to start from nothing. */
export function TemplateList() {
  const { slug } = useWorkspace();
  const templates = useQuery(api.templates.list, {});
  if (templates === undefined) return <TemplateSkeleton />;
  return (
    <ul className="mx-auto grid max-w-4xl gap-3 px-4 pb-8 sm:grid-cols-2">
      {templates.map(({ id, name, description }) => (
        <TemplateLink
          key={id}
          href={`/${slug}/workflows/new?template=${encodeURIComponent(id)}`}
          name={name}
          description={description}
        />
      ))}
      <TemplateLink
        href={`/${slug}/workflows/new?template=blank`}
        name="Start from blank"
        description="One code step to build on."
      />
    </ul>
  );
}

function TemplateLink(props: {
  href: string;
  name: string;
  description: string;
}) {
  return (
    <li>
      <Link
        href={props.href}
        className="flex h-full flex-col gap-1 rounded-lg border border-border p-4 hover:border-border-strong hover:bg-subtle"
      >
        <span className="text-base font-semibold">{props.name}</span>
        <span className="text-fg-muted">{props.description}</span>
      </Link>
    </li>
  );
}

function TemplateSkeleton() {
  return (
    <div className="mx-auto grid max-w-4xl gap-3 px-4 sm:grid-cols-2" aria-busy>
      {Array.from({ length: 4 }, (_, index) => (
        <Skeleton key={index} className="h-20" />
      ))}
    </div>
  );
}
