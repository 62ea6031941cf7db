export type Seed = readonly [number, number, number, number];

/** What a running function can ask for. Both calls answer with JSON text or throw. */
export interface RealmServices {
  syscall(op: string, args: string): string;
  /** Operations are answered at once, inside the timed region; those that run a function only if time may be shared. */
  runsFunction(op: string): boolean;
  mayShareTime(): boolean;
  /** How many times its limit a step may take by the clock, for want of a processor. */
  readonly patience: number;
  /** Each promise is followed, to find those that are rejected and never handled. */
  readonly followsPromises: boolean;
  asyncSyscall(op: string, args: string): string;
  log(level: string, messages: string[]): void;
  env(name: string): string | undefined;
  nowMs: number;
  seed: Seed;
  /** `performance.now` stands still in queries. */
  clockAdvances: boolean;
}
