/**
 * The half of `lockstep.d.ts` that an organization fills in: names of its secrets, events and workflows, and the types
 * of what was seen in runs. Valid beside `LOCKSTEP_TYPES`, and bounded whatever there is.
 */
import type { JsonSchema } from "./graph";
import { typeOfSchema } from "./schemaType";
import { type Seen, typeOfSeen } from "./shapeType";
import { docComment, indented, objectType, propertyName } from "./typeText";

export type OrganizationTypes = {
  secrets: readonly string[];
  events: readonly { name: string; seen: Seen | null }[];
  workflows: readonly WorkflowTypes[];
  /** Of the workflow in the editor: outputs by the path of their step, and the input as "". */
  steps: readonly { path: string; seen: Seen }[];
};

export type WorkflowTypes = {
  slug: string;
  /** null: it takes anything. */
  inputSchema: JsonSchema | null;
  output: Seen | null;
};

/** The editor reads this on every change. What comes when it is full keeps its name and is any. */
export const MAX_TYPES_CHARS = 256 * 1024;
/** Of one input, output, event or step. */
const MAX_TYPE_CHARS = 8 * 1024;

export function organizationTypes(types: OrganizationTypes): string {
  const budget = new Budget(MAX_TYPES_CHARS);
  const { secrets, events, workflows, steps } = types;
  const parts = [
    interfaceOf(
      "Observed",
      steps.map((step) => stepMember(step, budget)),
    ),
    interfaceOf(
      "Events",
      events.map((event) => eventMember(event, budget)),
    ),
    interfaceOf(
      "Workflows",
      workflows.map((each) => workflowMember(each, budget)),
    ),
    interfaceOf(
      "Secrets",
      secrets.map((name) => `${propertyName(name)}: string;`),
    ),
  ];
  return `declare module "lockstep" {\n  ${parts.map(indented).join("\n  ")}\n}\n`;
}

function interfaceOf(name: string, members: readonly string[]): string {
  return `export interface ${name} ${objectType(members)}`;
}

function stepMember(
  { path, seen }: OrganizationTypes["steps"][number],
  budget: Budget,
): string {
  const type = budget.take(typeOfSeen(seen, counted(seen.times, "run")));
  return `${propertyName(path)}: ${type};`;
}

function eventMember(
  { name, seen }: OrganizationTypes["events"][number],
  budget: Budget,
): string {
  if (seen === null) return `${propertyName(name)}: any;`;
  const where = counted(seen.times, "event");
  const type = budget.take(typeOfSeen(seen, where));
  return `${docComment(`Seen in ${where}.`)}\n${propertyName(name)}: ${type};`;
}

function workflowMember(
  { slug, inputSchema, output }: WorkflowTypes,
  budget: Budget,
): string {
  const input =
    inputSchema === null ? "any" : budget.take(typeOfSchema(inputSchema));
  const given =
    output === null
      ? "any"
      : budget.take(typeOfSeen(output, counted(output.times, "run")));
  return `${propertyName(slug)}: ${objectType([`input: ${input};`, `output: ${given};`])};`;
}

function counted(times: number, what: string): string {
  return `${times} ${what}${times === 1 ? "" : "s"}`;
}

class Budget {
  #left: number;

  constructor(chars: number) {
    this.#left = chars;
  }

  take(type: string): string {
    if (type.length > MAX_TYPE_CHARS || type.length > this.#left) return "any";
    this.#left -= type.length;
    return type;
  }
}
