import { Skeleton } from "./ui/skeleton";

/** A title and rows, in the geometry of the lists. */
export function PageSkeleton({ label }: { label: string }) {
  return (
    <div className="space-y-4 p-4 sm:p-6" aria-busy>
      <span className="sr-only">{label}</span>
      <Skeleton className="h-8 w-48" />
      <div className="space-y-2">
        {Array.from({ length: 6 }, (_, index) => (
          <Skeleton key={index} className="h-14 w-full" />
        ))}
      </div>
    </div>
  );
}
