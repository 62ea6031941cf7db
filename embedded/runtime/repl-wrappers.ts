/** What modules of inline queries import as `convex:/_system/repl/wrappers.js`; bundled by `bundled-sources.ts`. */
export {
  internalQueryGeneric as internalQuery,
  queryGeneric as query,
} from "convex/server";
