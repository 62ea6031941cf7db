/** Occupancy is counted in rows, so a limit is also what one start may have to read. */
export const MAX_AT_ONCE = 1_000;
export const PRIORITY_RANGE = { min: -100, max: 100 };
