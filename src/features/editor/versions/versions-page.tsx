"use client";

import { CompareView } from "./compare-view";
import { useCompared } from "./compared";
import { VersionList } from "./version-list";

export function VersionsPage() {
  const { pair, compare, close } = useCompared();
  return pair === null ? (
    <VersionList onCompare={compare} />
  ) : (
    <CompareView pair={pair} onClose={close} />
  );
}
