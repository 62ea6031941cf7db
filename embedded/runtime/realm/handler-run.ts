/**
 * One handler under way in a realm. It is driven to completion synchronously: user code runs only inside the steps of
 * the stage, each limited in time, and what it asks of the host is answered within a step or between two.
 */
import { BackendError } from "../../database/backend-error";
import { FunctionError, NEVER_RESOLVES, TimedOut, UnclearEnd } from "../errors";
import type {
  RealmControl,
  Reply,
  Settled,
  ThrownDescription,
} from "./realm-host";
import type { RealmServices } from "./realm-services";
import { isNoticing, NoticedRejections } from "./rejection-notice";
import {
  type RejectionWatch,
  UnhandledRejections,
} from "./unhandled-rejections";
import { cpuMs, isWatchedEarly, runWatched, whenStopped } from "./watchdog";

/** What a run needs of its realm. */
export interface Stage {
  readonly control: RealmControl;
  readonly userTimeMs: number;
  /** Runs `work` and all microtasks that follow, for as long as they take. */
  step(work: () => void): void;
  /** Whether user code left the built-ins as they were. Only within a step's time: it may run user code. */
  isUntouched(): boolean;
  /** The realm is free again; one that is not clean is never used again. */
  leave(isClean: boolean): void;
  asFunctionError(thrown: unknown): FunctionError;
  functionError(thrown: ThrownDescription): FunctionError;
}

type Deferred = { ticket: number; op: string; args: string };
/** Starts the handler; returns a promise of its own making that nobody handles. */
type Begin = (settle: (settled: Settled) => void) => object | undefined;

/**
 * The watchdog must not stop host code halfway. Syscalls are answered inside the timed region only during its first
 * part, so one syscall would have to last for the rest of it to be interrupted.
 */
const IMMEDIATE_SHARE = 0.2;

export class HandlerRun {
  readonly services: RealmServices;
  readonly startedAt = performance.now();
  readonly #stage: Stage;
  readonly #begin: Begin;
  readonly #rejections: RejectionWatch;
  #outcome: Settled | null = null;
  #lost: ThrownDescription | null = null;
  #failure: { error: unknown } | null = null;
  #refused: { error: Error } | null = null;
  #isUntouched = false;
  #deferred: Deferred[] = [];
  #nextTicket = 1;
  #regionStart = 0;
  #hostMs = 0;
  #userMs = 0;
  readonly #forget: () => void;

  constructor(stage: Stage, services: RealmServices, begin: Begin) {
    this.#stage = stage;
    this.services = services;
    this.#begin = begin;
    this.#rejections =
      services.followsPromises || !isNoticing()
        ? new UnhandledRejections()
        : new NoticedRejections();
    this.#forget = whenStopped(() => this.#leave(false));
  }

  /** Runs the handler until it has ended or waits for the host. Call once, then `finish`. */
  start(): void {
    if (isWatchedEarly()) return this.startWatched();
    try {
      this.#watched(() => this.startWatched());
    } catch (error) {
      this.#failure = { error };
    }
  }

  /** The same inside a region that is watched already. Should that be stopped, neither this nor `finish` returns. */
  startWatched(): void {
    this.#regionStart = performance.now();
    try {
      this.#step(() => {
        const own = this.#begin((settled) => (this.#outcome = settled));
        if (own !== undefined) this.#rejections.ignore(own);
      });
      if (!this.isWaiting) this.#findUnhandled();
    } catch (error) {
      this.#failure = { error };
    }
  }

  /** After `startWatched`: true when the rest must not happen inside the watched region. */
  get isWaiting(): boolean {
    return this.#deferred.length > 0;
  }

  /** Brings the handler to its end. The encoded JSON text that it returned; throws `FunctionError`. */
  finish(): string {
    const lost = this.#runToEnd();
    if (this.#refused !== null) throw this.#refused.error;
    const settled = this.#outcome;
    if (settled?.ok === false) throw this.#stage.functionError(settled.thrown);
    if (this.#rejections.isUnclear) throw new UnclearEnd();
    if (lost !== null) throw this.#stage.functionError(lost);
    if (settled !== null) return settled.value;
    throw new FunctionError(NEVER_RESOLVES);
  }

  /** The handler fails with this error, whatever it catches. */
  refuse(error: Error): void {
    this.#refused ??= { error };
  }

  syscall(op: string, args: string): Reply {
    return this.#reply(() => this.services.syscall(op, args));
  }

  asyncSyscall(op: string, args: string): Reply | number {
    const elapsed = performance.now() - this.#regionStart;
    const early = elapsed < this.#stage.userTimeMs * IMMEDIATE_SHARE;
    if (early && this.#deferred.length === 0 && this.#isImmediate(op))
      return this.#perform(op, args);
    const ticket = this.#nextTicket++;
    this.#deferred.push({ ticket, op, args });
    return ticket;
  }

  #isImmediate(op: string): boolean {
    return !this.services.runsFunction(op) || this.services.mayShareTime();
  }

  /** Returns a rejection that nobody handled. */
  #runToEnd(): ThrownDescription | null {
    let isClean = false;
    try {
      if (this.#failure !== null) throw this.#failure.error;
      const wasWaiting = this.isWaiting;
      while (this.isWaiting) this.#answer(this.#deferred.splice(0));
      if (wasWaiting) this.#watched(() => this.#findUnhandled());
      isClean = this.#outcome !== null && this.#isUntouched;
      return this.#lost;
    } finally {
      this.#leave(isClean);
    }
  }

  #leave(isClean: boolean): void {
    this.#forget();
    this.#rejections.stop();
    this.#stage.leave(isClean);
  }

  #answer(batch: Deferred[]): void {
    const replies = batch.map(({ ticket, op, args }) => ({
      ticket,
      reply: this.#perform(op, args),
    }));
    this.#watched(() => {
      for (const { ticket, reply } of replies)
        this.#step(() => this.#stage.control.settle(ticket, reply));
    });
  }

  #findUnhandled(): void {
    const { control } = this.#stage;
    this.#lost = this.#rejections.first(
      (promise, rejected) => control.watch(promise, rejected),
      () => this.#step(() => undefined),
    );
    this.#isUntouched = this.#stage.isUntouched();
  }

  #watched(work: () => void): void {
    const leftMs = Math.max(1, this.#stage.userTimeMs - this.#userMs);
    this.#regionStart = performance.now();
    const end = runWatched(work, leftMs * this.services.patience);
    if (end !== "whole") throw this.#timedOut(end === "starved");
  }

  #step(work: () => void): void {
    this.#hostMs = 0;
    const startedAt = this.#now();
    this.#rejections.collect(() => this.#inStage(work));
    this.#userMs += this.#now() - startedAt - this.#hostMs;
    if (this.#userMs > this.#stage.userTimeMs)
      throw this.#timedOut(!this.#countsProcessorTime);
  }

  /** Asking for the processor's time costs too much to do so before it matters. */
  get #countsProcessorTime(): boolean {
    return this.services.patience > 1;
  }

  #now(): number {
    return this.#countsProcessorTime ? cpuMs() : performance.now();
  }

  #inStage(work: () => void): void {
    try {
      this.#stage.step(work);
    } catch (error) {
      throw this.#stage.asFunctionError(error);
    }
  }

  #timedOut(isStarved = false): FunctionError {
    return new TimedOut(this.#stage.userTimeMs, isStarved);
  }

  #perform(op: string, args: string): Reply {
    const before = this.#now();
    const answer = () =>
      this.#reply(() => this.services.asyncSyscall(op, args));
    const reply = this.services.runsFunction(op)
      ? this.#rejections.suspended(answer)
      : answer();
    this.#hostMs += this.#now() - before;
    return reply;
  }

  /** The host's own troubles are not for the handler to catch. */
  #reply(work: () => string): Reply {
    try {
      return { ok: true, value: work() };
    } catch (error) {
      if (isNotForHandlers(error)) this.refuse(error);
      return errorReply(error);
    }
  }
}

function isNotForHandlers(error: unknown): error is Error {
  if (error instanceof BackendError) return error.status >= 500;
  return error instanceof UnclearEnd;
}

function errorReply(error: unknown): Reply {
  const message = error instanceof Error ? error.message : String(error);
  const data =
    error instanceof Error && "data" in error ? error.data : undefined;
  return data === undefined
    ? { ok: false, message }
    : { ok: false, message, data: JSON.stringify(data) };
}
