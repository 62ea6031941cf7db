/** Columns that several tables have. */
import { v } from "convex/values";
import { vPayloadRef, vStepError } from "../validators/steps";

export const vErrorOrNull = v.union(vStepError, v.null());
export const vPayloadOrNull = v.union(vPayloadRef, v.null());
export const vTimeOrNull = v.union(v.number(), v.null());
