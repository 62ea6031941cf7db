import { v } from "convex/values";
import { query } from "./_generated/server";
// The module is instantiated where it is used: its type is known to the bundler only.
// @ts-expect-error there is no declaration for .wasm files
import addModule from "./add.wasm";

export const add = query({
  args: { a: v.number(), b: v.number() },
  handler: async (_ctx, { a, b }): Promise<number> => {
    const { exports } = new WebAssembly.Instance(
      addModule as WebAssembly.Module,
    );
    return (exports.add as (a: number, b: number) => number)(a, b);
  },
});
