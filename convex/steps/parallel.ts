import type { ParallelStep } from "../language/graph";
import type { Begun } from "./stepBegin";

export function beginParallel({ node }: { node: ParallelStep }): Begun {
  const branches = node.branches.map(({ name }) => name);
  return { kind: "enter", branches, branch: null };
}
