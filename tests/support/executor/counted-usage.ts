/** What transactions read and write, by the backend's own counters. */
import { vi } from "vitest";
import { Usage } from "../../../embedded/database/usage";

export type Counted = { reads: number; queries: number; writes: number };

/** All that is read and written while `act` goes on. */
export async function usageOf(act: () => Promise<unknown>): Promise<Counted> {
  const spies = {
    reads: vi.spyOn(Usage.prototype, "countRow"),
    queries: vi.spyOn(Usage.prototype, "countQuery"),
    writes: vi.spyOn(Usage.prototype, "countWrite"),
  };
  try {
    await act();
    return {
      reads: spies.reads.mock.calls.length,
      queries: spies.queries.mock.calls.length,
      writes: spies.writes.mock.calls.length,
    };
  } finally {
    for (const spy of Object.values(spies)) spy.mockRestore();
  }
}
