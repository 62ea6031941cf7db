/** Any order of messages and outcomes against a model of what one client may see. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ActionOutcome, Identity } from "../runtime/types";
import type { ClientMessage, StateVersion } from "./protocol";
import { Session, type CallWork, type Effect } from "./session";
import { liveResultOf } from "./testing/live-result";
import { decodeTs } from "./timestamp-text";

const happening = fc.oneof(
  fc.record({ kind: fc.constant("add" as const) }),
  fc.record({ kind: fc.constant("remove" as const), pick: fc.nat(20) }),
  fc.record({ kind: fc.constant("mutate" as const) }),
  fc.record({
    kind: fc.constant("finishMutation" as const),
    succeeds: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("act" as const) }),
  fc.record({ kind: fc.constant("finishAction" as const) }),
  fc.record({ kind: fc.constant("signIn" as const) }),
  fc.record({ kind: fc.constant("verified" as const) }),
  fc.record({ kind: fc.constant("commit" as const), query: fc.nat(5) }),
  fc.record({ kind: fc.constant("transition" as const) }),
);
type Happening = ReturnType<typeof happening.generate>["value"];

/** The server's world, the client's view of it, and what the protocol promises between them. */
class Model {
  readonly #session = new Session();
  #ts = 10n;
  #world = new Map<number, number>();
  #asked = new Set<number>();
  #shown = new Map<number, number>();
  #last: StateVersion = { querySet: 0, identity: 0, ts: "AAAAAAAAAAA=" };
  #querySet = 0;
  #signIns = 0;
  #verified = 0;
  #nextQuery = 0;
  #nextRequest = 0;
  #expectedCalls: { requestId: number; user: number }[] = [];
  readonly #runningMutations: CallWork[] = [];
  #runningActions: CallWork[] = [];
  #isAnswerOwed = false;

  constructor() {
    this.#receive({ type: "Connect", sessionId: "s", connectionCount: 0 });
  }

  perform(step: Happening): void {
    switch (step.kind) {
      case "add":
        return this.#add();
      case "remove":
        return this.#remove(step.pick);
      case "mutate":
        return this.#call("Mutation");
      case "act":
        return this.#call("Action");
      case "finishMutation":
        return this.#finishMutation(step.succeeds);
      case "finishAction":
        return this.#finishAction();
      case "signIn":
        return this.#signIn();
      case "verified":
        return this.#finishVerifying();
      case "commit":
        return this.#commit(step.query);
      case "transition":
        return this.#transition();
      default:
        return step satisfies never;
    }
  }

  /** Lets everything that was begun come to its end. */
  settle(): void {
    while (this.#verified < this.#signIns) this.#finishVerifying();
    while (this.#runningMutations.length > 0) this.#finishMutation(true);
    expect(this.#session.unansweredMutations).toBe(0);
    while (this.#runningActions.length > 0) this.#finishAction();
    this.#transition();
    expect(this.#last).toMatchObject({
      querySet: this.#querySet,
      identity: this.#signIns,
    });
    expect(new Set(this.#shown.keys())).toEqual(this.#asked);
  }

  #add(): void {
    const queryId = this.#nextQuery++;
    this.#asked.add(queryId);
    this.#modify({ type: "Add", queryId, udfPath: "a:q", args: [{}] });
  }

  #remove(pick: number): void {
    const queryId = [...this.#asked][pick % Math.max(1, this.#asked.size)];
    if (queryId === undefined) return;
    this.#asked.delete(queryId);
    this.#modify({ type: "Remove", queryId });
  }

  #modify(
    modification: Extract<
      ClientMessage,
      { type: "ModifyQuerySet" }
    >["modifications"][number],
  ): void {
    const baseVersion = this.#querySet++;
    const newVersion = this.#querySet;
    this.#isAnswerOwed = true;
    this.#receive({
      type: "ModifyQuerySet",
      baseVersion,
      newVersion,
      modifications: [modification],
    });
  }

  #call(type: "Mutation" | "Action"): void {
    const requestId = this.#nextRequest++;
    if (type === "Mutation")
      this.#expectedCalls.push({ requestId, user: this.#signIns });
    this.#receive({ type, requestId, udfPath: "a:m", args: [{}] });
  }

  #signIn(): void {
    const baseVersion = this.#signIns++;
    this.#receive({ type: "Authenticate", baseVersion, tokenType: "User" });
  }

  #finishVerifying(): void {
    if (this.#verified === this.#signIns) return;
    this.#verified += 1;
    const now = { ms: 1, latestTs: this.#ts };
    this.#obey(this.#session.authenticated(user(this.#verified), now));
  }

  #finishMutation(succeeds: boolean): void {
    const call = this.#runningMutations.shift();
    if (call === undefined) return;
    if (succeeds) this.#ts += 1n;
    const effects = this.#session.mutationFinished(
      call.requestId,
      succeeds
        ? { kind: "ok", value: null, logLines: [], ts: this.#ts }
        : { kind: "failed", errorMessage: "no", logLines: [] },
    );
    expect(effects.map((effect) => effect.do)).toEqual(["send", "wake"]);
    this.#isAnswerOwed = true;
  }

  #finishAction(): void {
    const call = this.#runningActions.shift();
    if (call === undefined) return;
    const outcome: ActionOutcome = { kind: "ok", value: null, logLines: [] };
    this.#obey(this.#session.actionFinished(call.requestId, outcome));
  }

  #commit(query: number): void {
    this.#ts += 1n;
    this.#world.set(query, (this.#world.get(query) ?? 0) + 1);
  }

  #transition(): void {
    const step = this.#session.transition({ ms: 1, ts: this.#ts }, (queryId) =>
      liveResultOf(this.#world.get(queryId) ?? 0),
    );
    if (step === null) {
      const isVerifying = this.#verified < this.#signIns;
      return expect(this.#isAnswerOwed && !isVerifying).toBe(false);
    }
    if ("failed" in step) throw new Error("The session has failed");
    expect(step.parts.startVersion).toEqual(this.#last);
    this.#last = step.parts.endVersion;
    this.#show(step.parts.modifications);
    expect(decodeTs(this.#last.ts)).toBe(this.#ts);
    expect(this.#last.identity).toBe(this.#signIns);
    this.#isAnswerOwed = false;
  }

  #show(modifications: string[]): void {
    for (const text of modifications) {
      const modification = JSON.parse(text) as {
        type: string;
        queryId: number;
        value: number;
      };
      const { queryId } = modification;
      if (modification.type === "QueryRemoved") this.#shown.delete(queryId);
      else this.#shown.set(queryId, modification.value);
    }
    const expected = [...this.#asked].map((queryId) => {
      return [queryId, this.#world.get(queryId) ?? 0] as const;
    });
    expect(this.#shown).toEqual(new Map(expected));
  }

  #receive(message: ClientMessage): void {
    this.#obey(this.#session.receive(message, { ms: 1, latestTs: this.#ts }));
  }

  #obey(effects: Effect[]): void {
    for (const effect of effects) {
      if (effect.do === "runMutation") this.#start(effect.call);
      if (effect.do === "runAction") this.#runningActions.push(effect.call);
      expect(effect.do).not.toBe("close");
    }
  }

  #start(call: CallWork): void {
    const expected = this.#expectedCalls.shift();
    expect(call.requestId).toBe(expected?.requestId);
    expect(call.identity).toEqual(user(expected?.user ?? -1));
    this.#runningMutations.push(call);
  }
}

function user(number: number): Identity {
  if (number === 0) return { kind: "none" };
  return {
    kind: "user",
    attributes: { subject: `u${number}` },
    expiresAtMs: Infinity,
  };
}

describe("a session", () => {
  it("shows one client one consistent story, whatever happens in which order", () => {
    fc.assert(
      fc.property(
        fc.array(happening, { maxLength: 60, size: "max" }),
        (happenings) => {
          const model = new Model();
          for (const step of happenings) model.perform(step);
          model.settle();
        },
      ),
      { numRuns: 1000, seed: 1 },
    );
  });
});
