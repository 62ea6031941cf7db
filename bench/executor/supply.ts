/**
 * Workflows to start runs of. Starting by hand is rate-limited by organization, so many runs need many organizations.
 */
import type { Id } from "../../convex/_generated/dataModel";
import {
  addOrganization,
  createWorkspace,
  publishWorkflow,
  type Workspace,
} from "../../tests/support/workspace";

/** What an organization may start at once. */
const RUNS_AT_ONCE = 200;

export interface Supplied {
  workspace: Workspace;
  workflowId: Id<"workflows">;
}

/** Gives the next workflow at each call, and the first after the last. */
export function inTurn(supplied: readonly Supplied[]): () => Id<"workflows"> {
  let given = 0;
  return () => {
    const next = supplied[given++ % supplied.length];
    if (next === undefined) throw new Error("There is no workflow");
    return next.workflowId;
  };
}

export class Supply {
  readonly owner: Workspace;
  readonly #workspaces: Workspace[] = [];

  private constructor(owner: Workspace) {
    this.owner = owner;
  }

  static async of(url: string): Promise<Supply> {
    return new Supply(await createWorkspace(url));
  }

  /** The same workflow in the first `count` organizations. */
  async publish(source: string, count: number): Promise<Supplied[]> {
    const supplied: Supplied[] = [];
    for (let i = 0; i < count; i += 1) {
      const workspace = await this.#workspace(i);
      const workflowId = await publishWorkflow(workspace, "Measured", source);
      supplied.push({ workspace, workflowId });
    }
    return supplied;
  }

  /** In as many organizations as it takes to start that many runs at once. */
  async publishForRuns(source: string, runs: number): Promise<Supplied[]> {
    return await this.publish(source, Math.ceil(runs / RUNS_AT_ONCE));
  }

  async #workspace(index: number): Promise<Workspace> {
    const known = this.#workspaces[index];
    if (known !== undefined) return known;
    const made = await addOrganization(this.owner, `Organization ${index}`);
    this.#workspaces.push(made);
    return made;
  }
}
