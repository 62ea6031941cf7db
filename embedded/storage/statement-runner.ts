/** Runs one statement, prepared once, and explains its failure. */
export interface StatementRunner {
  /** Gives the number of rows that it changed. */
  run(sql: string, ...parameters: unknown[]): number;
  get(sql: string, ...parameters: unknown[]): unknown;
  all(sql: string, ...parameters: unknown[]): unknown[];
}
