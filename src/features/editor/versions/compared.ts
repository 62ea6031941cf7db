import { parseAsString, useQueryStates } from "nuqs";

/** A version by its number, or the draft. */
export type Side = number | "draft";

/** `/versions?a=12&b=14` compares two versions, `?a=12&b=draft` one with the draft. */
export function useCompared() {
  const [{ a, b }, setSides] = useQueryStates(
    { a: parseAsString, b: parseAsString },
    { history: "push" },
  );
  const pair = orderedPair(parseSide(a), parseSide(b));
  const compare = (one: Side, other: Side) =>
    void setSides({ a: String(one), b: String(other) });
  const close = () => void setSides({ a: null, b: null });
  return { pair, compare, close };
}

function parseSide(text: string | null): Side | null {
  if (text === "draft") return "draft";
  const number = Number(text ?? NaN);
  return Number.isInteger(number) && number > 0 ? number : null;
}

/** The older one first; the draft is the newest. Null unless they are two. */
export function orderedPair(
  one: Side | null,
  other: Side | null,
): { from: number; to: Side } | null {
  if (one === null || other === null || one === other) return null;
  if (one === "draft")
    return other === "draft" ? null : { from: other, to: one };
  if (other === "draft") return { from: one, to: other };
  return { from: Math.min(one, other), to: Math.max(one, other) };
}

export function sideName(side: Side): string {
  return side === "draft" ? "the draft" : `v${side}`;
}
