/** Runs one statement, prepared once, and explains its failure. */
export interface StatementRunner {
  run(sql: string, ...parameters: unknown[]): StatementResult;
  get(sql: string, ...parameters: unknown[]): unknown;
  all(sql: string, ...parameters: unknown[]): unknown[];
}

export interface StatementResult {
  /** How many rows it changed. */
  changes: number;
  lastInsertRowid: number | bigint;
}
