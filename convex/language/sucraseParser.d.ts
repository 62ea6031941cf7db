/** The part of sucrase's parser that `stripTypes` needs; sucrase ships no types at this path. */
declare module "sucrase/dist/parser/index.js" {
  export type SucraseToken = { start: number; end: number; isType: boolean };
  export function parse(
    input: string,
    isJSXEnabled: boolean,
    isTypeScriptEnabled: boolean,
    isFlowEnabled: boolean,
  ): { tokens: SucraseToken[] };
}
