import { Skeleton } from "@/components/ui/skeleton";

/** The geometry of the run page before the run is there. */
export function RunSkeleton() {
  return (
    <div className="flex h-full flex-col" aria-busy>
      <span className="sr-only">Loading run</span>
      <div className="flex flex-col gap-2 border-b border-border px-4 py-3">
        <Skeleton className="h-7 w-64" />
        <Skeleton className="h-5 w-96 max-w-full" />
      </div>
      <div className="grid min-h-0 flex-1 md:grid-cols-[minmax(0,1fr)_440px]">
        <div className="flex flex-col">
          {Array.from({ length: 8 }, (_, index) => (
            <div key={index} className="flex h-8 items-center gap-4 px-3">
              <Skeleton className="size-4 rounded-pill" />
              <Skeleton className="h-4 w-40" />
              <Skeleton className="h-3.5 flex-1" />
            </div>
          ))}
        </div>
        <div className="flex flex-col gap-3 border-l border-border p-4 max-md:hidden">
          <Skeleton className="h-7 w-40" />
          <Skeleton className="h-9" />
          <Skeleton className="h-40" />
        </div>
      </div>
    </div>
  );
}
