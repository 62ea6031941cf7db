import type { Metadata } from "next";
import { Suspense } from "react";
import { CodePage } from "@/features/editor/code-page";

export const metadata: Metadata = { title: "Code" };

export default function Page() {
  return (
    <Suspense>
      <CodePage />
    </Suspense>
  );
}
