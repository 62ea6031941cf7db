import {
  ConvexProvider,
  ConvexProviderWithAuth,
  ConvexReactClient,
  useConvexAuth,
  useMutation,
  usePaginatedQuery,
  useQuery,
} from "convex/react";
import { makeFunctionReference, type PaginationResult } from "convex/server";
import { createElement, type ReactNode } from "react";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { fresh, until, type Calls } from "../calls";
import type { DeployedApp } from "../deployed-app";
import { HookProbe } from "./hook-probe";

const notesOf = makeFunctionReference<"query", { run: string }, string[]>(
  "logs:notes",
);
const addNote = makeFunctionReference<
  "mutation",
  { run: string; text: string }
>("logs:note");
const refuse = makeFunctionReference<"mutation", { run: string }>(
  "jobs:scheduleAndFail",
);
const pages = makeFunctionReference<
  "query",
  { run: string; paginationOpts: { numItems: number; cursor: string | null } },
  PaginationResult<{ n: number }>
>("pages:list");
const me = makeFunctionReference<
  "query",
  Record<string, never>,
  { subject: string } | null
>("users:me");

export function reactSuite(app: () => DeployedApp, calls: () => Calls): void {
  let client: ConvexReactClient;
  beforeEach(() => {
    client = new ConvexReactClient(app().backend.url, {
      webSocketConstructor: WebSocket as unknown as typeof globalThis.WebSocket,
      unsavedChangesWarning: false,
      logger: false,
    });
  });
  afterEach(() => client.close());

  const provider = (children: ReactNode) =>
    createElement(ConvexProvider, { client, children });
  const probing = async <T>(
    hook: () => T,
    body: (probe: HookProbe<T>) => Promise<void>,
    wrap: (children: ReactNode) => ReactNode = provider,
  ) => {
    const probe = new HookProbe<T>();
    probe.render(hook, wrap);
    try {
      await body(probe);
    } finally {
      probe.unmount();
    }
  };
  const reaches = <T>(
    probe: HookProbe<T>,
    accepted: (value: T | undefined) => boolean,
  ) => until(async () => probe.latest, accepted);
  /** What a render would show now; an answer may come before there is one. */
  const shown = (run: string) =>
    client.watchQuery(notesOf, { run }).localQueryResult();
  const note = (run: string, text: string) =>
    calls().mutation("logs:note", { run, text });

  describe("the React client", () => {
    it("renders a query's result, and again when it changes", async () => {
      const run = fresh("react");
      await probing(
        () => useQuery(notesOf, { run }),
        async (probe) => {
          await reaches(probe, (notes) => notes?.length === 0);
          expect(probe.seen[0]).toBeUndefined();
          await note(run, "one");
          await reaches(probe, (notes) => notes?.[0] === "one");
          probe.render(() => useQuery(notesOf, "skip"), provider);
          await reaches(probe, (notes) => notes === undefined);
        },
      );
    });
    it("shows an optimistic update at once, then the truth", async () => {
      const run = fresh("optimistic");
      const hook = () => ({
        notes: useQuery(notesOf, { run }),
        add: useMutation(addNote).withOptimisticUpdate((store, { text }) => {
          const notes = store.getQuery(notesOf, { run }) ?? [];
          store.setQuery(notesOf, { run }, [...notes, `${text}?`]);
        }),
      });
      await probing(hook, async (probe) => {
        await reaches(probe, (value) => value?.notes?.length === 0);
        const added = probe.latest?.add({ run, text: "new" });
        expect(shown(run)).toEqual(["new?"]);
        await added;
        await reaches(probe, (value) => value?.notes?.[0] === "new");
      });
    });
    it("takes an optimistic update back when the mutation fails", async () => {
      const run = fresh("refused");
      const hook = () => ({
        notes: useQuery(notesOf, { run }),
        fail: useMutation(refuse).withOptimisticUpdate((store) =>
          store.setQuery(notesOf, { run }, ["hoped for"]),
        ),
      });
      await probing(hook, async (probe) => {
        await reaches(probe, (value) => value?.notes?.length === 0);
        const failing = probe.latest?.fail({ run });
        expect(shown(run)).toEqual(["hoped for"]);
        await expect(failing).rejects.toThrow(/rolled back/);
        await reaches(probe, (value) => value?.notes?.length === 0);
      });
    });
    it("loads pages one after the other, and splits one that has grown", async () => {
      const run = fresh("paginated");
      const add = (from: number, count: number) =>
        calls().mutation("documents:addRows", { run, from, count });
      await add(0, 7);
      const hook = () =>
        usePaginatedQuery(pages, { run }, { initialNumItems: 2 });
      await probing(hook, async (probe) => {
        const shows = (expected: number[]) =>
          reaches(
            probe,
            (value) =>
              JSON.stringify(value?.results.map(({ n }) => n)) ===
              JSON.stringify(expected),
          );
        await shows([0, 1]);
        expect(probe.latest?.status).toBe("CanLoadMore");
        probe.latest?.loadMore(3);
        await shows([0, 1, 2, 3, 4]);
        for (const tenth of [1, 2, 3, 4]) await add(tenth / 10, 1);
        await shows([0, 0.1, 0.2, 0.3, 0.4, 1, 2, 3, 4]);
        await add(0.05, 1);
        await shows([0, 0.05, 0.1, 0.2, 0.3, 0.4, 1, 2, 3, 4]);
        probe.latest?.loadMore(10);
        await reaches(probe, (value) => value?.status === "Exhausted");
        expect(probe.latest?.results).toHaveLength(12);
      });
    });
    it("waits with its queries until it is signed in", async () => {
      const token = await app().signToken("react");
      const useAuth = () => ({
        isLoading: false,
        isAuthenticated: true,
        fetchAccessToken: fetchToken,
      });
      const fetchToken = async () => token;
      const hook = () => ({ auth: useConvexAuth(), me: useQuery(me, {}) });
      await probing(
        hook,
        async (probe) => {
          await reaches(
            probe,
            (value) =>
              value?.auth.isAuthenticated === true &&
              value.me?.subject === "react",
          );
          expect(probe.seen[0]?.auth.isLoading).toBe(true);
        },
        (children) =>
          createElement(ConvexProviderWithAuth, { client, useAuth, children }),
      );
    });
  });
}
