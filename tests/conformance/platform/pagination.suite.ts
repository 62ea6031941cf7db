import { describe, expect, it } from "vitest";
import { fresh, type Calls } from "../calls";

type Page = {
  page: { n: number }[];
  isDone: boolean;
  continueCursor: string;
  splitCursor?: string | null;
  pageStatus?: string | null;
};
type Options = {
  numItems: number;
  cursor: string | null;
  endCursor?: string;
  maximumRowsRead?: number;
};

export function paginationSuite(calls: () => Calls): void {
  const page = (name: string, run: string, paginationOpts: Options) =>
    calls().query<Page>(`pages:${name}`, { run, paginationOpts });
  const rows = async (count: number) => {
    const run = fresh("pages");
    await calls().mutation("documents:addRows", { run, from: 0, count });
    return run;
  };
  const numbers = ({ page }: Page) => page.map(({ n }) => n);

  describe.concurrent("pages", () => {
    it("follow each other to the end", async () => {
      const run = await rows(5);
      const first = await page("list", run, { numItems: 2, cursor: null });
      expect([numbers(first), first.isDone]).toEqual([[0, 1], false]);
      const second = await page("list", run, {
        numItems: 2,
        cursor: first.continueCursor,
      });
      const third = await page("list", run, {
        numItems: 2,
        cursor: second.continueCursor,
      });
      expect([numbers(second), numbers(third)]).toEqual([[2, 3], [4]]);
      const last = await page("list", run, {
        numItems: 2,
        cursor: third.continueCursor,
      });
      expect([last.page, last.isDone]).toEqual([[], true]);
    });
    it("between two cursors grow with what is inserted there", async () => {
      const run = await rows(4);
      const first = await page("list", run, { numItems: 3, cursor: null });
      await calls().mutation("documents:addRows", { run, from: 1.5, count: 1 });
      const grown = await page("list", run, {
        numItems: 3,
        cursor: null,
        endCursor: first.continueCursor,
      });
      expect(numbers(grown)).toEqual([0, 1, 1.5, 2]);
    });
    it("end where as many rows were read as may be, and say where to split", async () => {
      const run = await rows(10);
      const cut = await page("list", run, {
        numItems: 10,
        cursor: null,
        maximumRowsRead: 4,
      });
      expect(cut.page.length).toBeLessThanOrEqual(4);
      expect(cut.pageStatus).toBe("SplitRequired");
      expect(cut.splitCursor).toEqual(expect.any(String));
      const half = await page("list", run, {
        numItems: 10,
        cursor: null,
        endCursor: cut.splitCursor ?? "",
      });
      expect(half.page.length).toBeLessThan(cut.page.length);
    });
    it("refuse the cursor of another query, and nonsense", async () => {
      const run = await rows(5);
      const { continueCursor } = await page("list", run, {
        numItems: 2,
        cursor: null,
      });
      await expect(
        page("other", run, { numItems: 2, cursor: continueCursor }),
      ).rejects.toThrow(/InvalidCursor/);
      await expect(
        page("list", run, { numItems: 2, cursor: "nonsense" }),
      ).rejects.toThrow(/[Cc]ursor/);
    });
    it("may be asked for once in a function, and not for nothing", async () => {
      await expect(
        calls().query("pages:twice", {
          paginationOpts: { numItems: 1, cursor: null },
        }),
      ).rejects.toThrow(/paginated/i);
      await expect(
        page("list", await rows(1), { numItems: 0, cursor: null }),
      ).rejects.toThrow();
    });
  });
}
