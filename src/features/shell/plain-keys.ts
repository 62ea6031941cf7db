import { useSyncExternalStore } from "react";

const STORAGE_KEY = "lockstep.plain-keys";
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function arePlainKeysOn(): boolean {
  return localStorage.getItem(STORAGE_KEY) !== "off";
}

export function setPlainKeys(on: boolean): void {
  localStorage.setItem(STORAGE_KEY, on ? "on" : "off");
  for (const listener of listeners) listener();
}

/** Whether single-key shortcuts are on, which they are until somebody switches them off on this device. */
export function usePlainKeys(): boolean {
  return useSyncExternalStore(subscribe, arePlainKeysOn, () => true);
}
