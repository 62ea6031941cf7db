/** The global through which the timed region's script enters a realm. */
export const STEP = "%convexStep";
