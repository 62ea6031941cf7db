/**
 * Keys of step executions: the definition path with iteration indexes. `notify` is a loop, `notify[12]` one iteration
 * of it, `notify[12]/mail` a step of that iteration; `large/manager` is a step in a branch of the condition `large`.
 */
import { definitionPath } from "../../language/graph";

export function isIterationKey(key: string): boolean {
  return key.endsWith("]");
}

export function iterationKey(loopKey: string, index: number): string {
  return `${loopKey}[${index}]`;
}

/** What the execution stands in: a loop (for an iteration), an iteration or a condition; null at the top. */
export function parentKeyOf(key: string): string | null {
  if (isIterationKey(key)) return key.slice(0, key.lastIndexOf("["));
  const slash = key.lastIndexOf("/");
  return slash === -1 ? null : key.slice(0, slash);
}

/** The step of the top block that an execution is, or is in. */
export function rootOf(key: string): string {
  return key.split(/[/[]/, 1)[0] ?? key;
}

/** The iterations around an execution (an iteration is around itself), outermost first. */
export function iterationsAround(key: string): string[] {
  const found: string[] = [];
  for (let end = key.indexOf("]"); end !== -1; end = key.indexOf("]", end + 1))
    found.push(key.slice(0, end + 1));
  return found;
}

/** `stepExecutions.scope`: which list of the tree the execution is in. */
export function scopeOf(key: string): string {
  if (isIterationKey(key)) return `${key.slice(0, key.lastIndexOf("["))}[]`;
  return key.slice(0, key.lastIndexOf("]") + 1);
}

export function iterationIndex(key: string): number {
  return Number(key.slice(key.lastIndexOf("[") + 1, -1));
}

/** The execution of the step at `path` that is visible from `key`: the one in the innermost iteration around both. */
export function visibleKey(path: string, key: string): string {
  for (const iteration of iterationsAround(key).reverse()) {
    const prefix = `${definitionPath(iteration)}/`;
    if (path.startsWith(prefix))
      return `${iteration}/${path.slice(prefix.length)}`;
  }
  return path;
}

/** The key of the step at `path` inside the container `parentKey`. */
export function childKey(parentKey: string | null, name: string): string {
  return parentKey === null ? name : `${parentKey}/${name}`;
}

export function isInside(key: string, container: string): boolean {
  return key.startsWith(`${container}/`) || key.startsWith(`${container}[`);
}

/** The keys for which `isInside` holds, as ranges: from, and up to but without. */
export function rangesInside(container: string): [string, string][] {
  return [
    [`${container}/`, `${container}0`],
    [`${container}[`, `${container}\\`],
  ];
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
