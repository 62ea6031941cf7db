import type { Metadata } from "next";
import { VersionsPage } from "@/features/editor/versions/versions-page";

export const metadata: Metadata = { title: "Versions" };

export default function Page() {
  return <VersionsPage />;
}
