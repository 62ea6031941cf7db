/** Pushes a bench's app, the folder of a Convex project, to a backend. */
import { ConvexProject } from "../tests/support/convex-project";

export async function deployApp(
  folder: string,
  backend: { url: string; adminKey: string },
): Promise<void> {
  const project = new ConvexProject(folder, backend);
  try {
    await project.succeed("deploy");
  } finally {
    project.remove();
  }
}
