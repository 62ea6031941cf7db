/** Rows that point at nothing, over the whole database; each as a sentence. */
import type { TableNames } from "../../../convex/_generated/dataModel";
import type { Product } from "../product-test";
import { opened } from "./stored-steps";

type Pointed = TableNames | "_storage";

const RUN = { runId: "workflowRuns" } as const;
const VALUES = { "input.id": "payloads", "output.id": "payloads" } as const;
const STEP = { ...RUN, stepId: "stepExecutions" } as const;

/** What the fields of a row point at. Idempotency keys may outlive their run, until they expire. */
const POINTERS: Partial<Record<TableNames, Record<string, Pointed>>> = {
  approvals: RUN,
  eventMailbox: { ...RUN, eventId: "events" },
  events: RUN,
  keptDrafts: { workflowId: "workflows" },
  loopItems: { ...RUN, "items.id": "payloads" },
  openWaits: { ...RUN, eventId: "events" },
  payloads: { ...RUN, "body.storageId": "_storage" },
  pinnedOutputs: { ...RUN, "output.id": "payloads" },
  runEndings: RUN,
  runEvents: RUN,
  runSeats: RUN,
  runSeeds: { ...RUN, sourceId: "workflowRuns" },
  stepAttempts: { ...VALUES, stepId: "stepExecutions" },
  stepExecutions: { ...VALUES, ...RUN },
  stepLogs: STEP,
  stepStreams: STEP,
  tasks: { ...STEP, versionId: "workflowVersions", "request.id": "payloads" },
  triggers: { workflowId: "workflows" },
  versionRollBacks: { versionId: "workflowVersions" },
  webhookEndpoints: { triggerId: "triggers" },
  workflowDrafts: { workflowId: "workflows" },
  workflowPrograms: { versionId: "workflowVersions" },
  workflowRuns: { ...VALUES, versionId: "workflowVersions" },
};

export async function orphans(t: Product): Promise<string[]> {
  return await t.run(async ({ db }) => {
    const isThere = new Map<string, Set<string>>();
    const idsOf = async (table: Pointed) => {
      const rows =
        table === "_storage"
          ? await db.system.query("_storage").collect()
          : await db.query(table).collect();
      return new Set<string>(rows.map(({ _id }) => _id));
    };
    const rowsOf = async (table: TableNames) =>
      opened(table, await db.query(table).collect());
    const found: string[] = [];
    for (const [table, fields] of Object.entries(POINTERS))
      for (const row of await rowsOf(table as TableNames))
        for (const [field, target] of Object.entries(fields)) {
          const id = valueAt(row, field);
          const ids = isThere.get(target) ?? (await idsOf(target));
          isThere.set(target, ids);
          if (typeof id === "string" && !ids.has(id))
            found.push(`${field} of ${table} ${row._id} is gone`);
        }
    return found;
  });
}

function valueAt(row: object, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (value, name) =>
        typeof value === "object" && value !== null
          ? Reflect.get(value, name)
          : undefined,
      row,
    );
}
