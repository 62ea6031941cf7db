import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MutationOutcome } from "../runtime/types";
import { parseClientMessage, type ClientMessage } from "./protocol";
import { Session, type Effect } from "./session";
import { liveResultOf } from "./testing/live-result";

const NOW = { ms: 1000, latestTs: 10n };
const connect: ClientMessage = {
  type: "Connect",
  sessionId: "s",
  connectionCount: 0,
};

function opened(): Session {
  const session = new Session();
  session.receive(connect, NOW);
  return session;
}

function mutation(requestId: number): ClientMessage {
  return { type: "Mutation", requestId, udfPath: "a:b", args: [{}] };
}

function succeeded(ts: bigint): MutationOutcome {
  return { kind: "ok", value: null, logLines: [], ts };
}

function add(queryId: number, baseVersion: number): ClientMessage {
  return {
    type: "ModifyQuerySet",
    baseVersion,
    newVersion: baseVersion + 1,
    modifications: [{ type: "Add", queryId, udfPath: "a:q", args: [{}] }],
  };
}

function partsOf(step: ReturnType<Session["transition"]>) {
  if (step === null || "failed" in step) throw new Error("no transition");
  return step.parts;
}

const kinds = (effects: Effect[]) => effects.map((effect) => effect.do);

describe("mutations", () => {
  it("are asked for in order, without waiting for the answers of earlier ones", () => {
    const session = opened();
    const asked = [1, 2].flatMap((id) => session.receive(mutation(id), NOW));
    expect(asked).toMatchObject([
      { do: "runMutation", call: { requestId: 1 } },
      { do: "runMutation", call: { requestId: 2 } },
    ]);
    expect(session.unansweredMutations).toBe(2);
    expect(kinds(session.mutationFinished(1, succeeded(5n)))).toEqual([
      "send",
      "wake",
    ]);
    session.mutationFinished(2, succeeded(6n));
    expect(session.unansweredMutations).toBe(0);
  });
  it("are refused beyond a thousand that have no answer", () => {
    const session = opened();
    for (let id = 0; id < 1000; id += 1) session.receive(mutation(id), NOW);
    expect(session.receive(mutation(1000), NOW)).toEqual([
      { do: "close", code: 1013, reason: "TooManyConcurrentMutations" },
    ]);
  });
  it("are followed by a Transition even when nothing is subscribed", () => {
    const session = opened();
    expect(
      session.transition({ ms: 1, ts: 9n }, () => liveResultOf("")),
    ).toBeNull();
    session.receive(mutation(1), NOW);
    session.mutationFinished(1, succeeded(12n));
    const step = session.transition({ ms: 1, ts: 12n }, () => liveResultOf(""));
    expect(partsOf(step).modifications).toEqual([]);
  });
});

describe("transitions", () => {
  it("leave out results that did not change", () => {
    const session = opened();
    session.receive(add(0, 0), NOW);
    const first = session.transition({ ms: 1, ts: 11n }, () =>
      liveResultOf("x"),
    );
    expect(partsOf(first).modifications).toHaveLength(1);
    expect(
      session.transition({ ms: 1, ts: 12n }, () => liveResultOf("x")),
    ).toBeNull();
    const third = session.transition({ ms: 1, ts: 13n }, () =>
      liveResultOf("y"),
    );
    expect(partsOf(third).modifications).toHaveLength(1);
  });
  it("chain their versions, whatever happens in between", () => {
    const steps = fc.array(fc.constantFrom("query", "mutation", "auth"));
    fc.assert(
      fc.property(steps, (happenings) => {
        const session = opened();
        let last = { querySet: 0, identity: 0, ts: "AAAAAAAAAAA=" };
        let identity = 0;
        let querySet = 0;
        happenings.forEach((happening, index) => {
          if (happening === "query") {
            session.receive(add(index, querySet), NOW);
            querySet += 1;
          } else if (happening === "mutation") {
            session.receive(mutation(index), NOW);
            session.mutationFinished(index, succeeded(BigInt(index)));
          } else {
            session.receive(authenticate(identity), NOW);
            session.authenticated({ kind: "none" }, NOW);
            identity += 1;
          }
          const ts = 20n + BigInt(index);
          const step = session.transition({ ms: 1, ts }, () =>
            liveResultOf("v"),
          );
          const parts = partsOf(step);
          expect(parts.startVersion).toEqual(last);
          expect(parts.endVersion).toMatchObject({ querySet, identity });
          last = parts.endVersion;
        });
      }),
    );
  });
});

function authenticate(baseVersion: number): ClientMessage {
  return { type: "Authenticate", baseVersion, tokenType: "None" };
}

const USER = {
  kind: "user" as const,
  attributes: { subject: "u" },
  expiresAtMs: 5000,
};

describe("authentication", () => {
  it("holds back what arrives until the token is verified", () => {
    const session = opened();
    expect(kinds(session.receive(authenticate(0), NOW))).toEqual([
      "authenticate",
    ]);
    expect(session.receive(mutation(1), NOW)).toEqual([]);
    const effects = session.authenticated(USER, NOW);
    expect(effects).toMatchObject([
      { do: "wake" },
      { do: "runMutation", call: { identity: USER } },
    ]);
  });
  it("shows nothing while a token is verified, and the old one may run out meanwhile", () => {
    const session = opened();
    session.receive(authenticate(0), NOW);
    session.authenticated(USER, NOW);
    session.receive(authenticate(1), NOW);
    expect(session.expire(USER.expiresAtMs)).toBeNull();
    expect(
      session.transition({ ms: 1, ts: 5n }, () => liveResultOf("")),
    ).toBeNull();
    session.authenticated({ ...USER, expiresAtMs: 9000 }, NOW);
    expect(session.expire(USER.expiresAtMs)).toBeNull();
    const step = session.transition({ ms: 1, ts: 5n }, () => liveResultOf(""));
    expect(partsOf(step).endVersion.identity).toBe(2);
  });
  it("that fails ends the session with an AuthError", () => {
    const session = opened();
    session.receive(authenticate(0), NOW);
    expect(session.authenticationFailed("bad token")).toMatchObject([
      {
        do: "send",
        message: {
          type: "AuthError",
          baseVersion: 0,
          authUpdateAttempted: true,
        },
      },
      { do: "close" },
    ]);
    expect(session.receive(mutation(1), NOW)).toEqual([]);
  });
  it("ends when the token expires", () => {
    const session = opened();
    session.receive(authenticate(0), NOW);
    session.authenticated(
      { kind: "user", attributes: {}, expiresAtMs: 2000 },
      NOW,
    );
    expect(session.expire(1999)).toBeNull();
    expect(session.expire(2000)).toMatchObject([
      { message: { type: "AuthError", authUpdateAttempted: false } },
      { do: "close" },
    ]);
  });
});

describe("what breaks the protocol", () => {
  it("ends the session: versions that do not match, unknown and duplicate queries", () => {
    expect(opened().receive(add(0, 3), NOW)).toMatchObject([
      { message: { type: "FatalError" } },
      { do: "close" },
    ]);
    const session = opened();
    session.receive(add(0, 0), NOW);
    expect(session.receive(add(0, 1), NOW)).toMatchObject([
      { do: "close", code: 1011 },
    ]);
  });
  it("includes a client that has seen a later state than the database holds", () => {
    const effects = new Session().receive(
      { ...connect, maxObservedTimestamp: 11n },
      NOW,
    );
    expect(effects).toMatchObject([
      { do: "close", code: 1011, reason: "InternalServerError" },
    ]);
  });
  it("never throws anything but a protocol error when parsed", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          parseClientMessage(text);
        } catch (error) {
          expect(error).toMatchObject({ code: "WSMessageInvalidJson" });
        }
      }),
    );
  });
});
