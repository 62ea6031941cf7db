import type { AuthProvider } from "../auth/auth-provider";
import type { Database } from "../database/types";
import type { LoadedComponent, Runtime } from "../runtime/types";
import {
  loadedComponents,
  readAppConfig,
  readEnvironment,
  readModules,
  writeAppConfig,
  writeEnvironment,
} from "./deployment-store";
import {
  changedEnvironment,
  type Environment,
  type EnvironmentChange,
} from "./environment-variables";
import { evaluateAuth } from "./evaluate-push";

/** What is live now. Keeps the runtime and the auth providers in step with what is stored. */
export class Deployment {
  readonly #database: Database;
  readonly #runtime: Runtime;
  #providers: AuthProvider[] = [];

  constructor(options: { database: Database; runtime: Runtime }) {
    this.#database = options.database;
    this.#runtime = options.runtime;
  }

  get providers(): readonly AuthProvider[] {
    return this.#providers;
  }

  get environment(): Environment {
    return this.#database.read(readEnvironment).value;
  }

  /** For a push: what takes time is done, and what may fail has, before its commit; then everything switches at once. */
  async prepare(next: {
    components: LoadedComponent[];
    providers: AuthProvider[];
  }): Promise<() => void> {
    const swapIn = await this.#runtime.prepare(next.components);
    return () => {
      swapIn();
      this.#providers = next.providers;
    };
  }

  /** At start, and after the environment has changed. */
  async load(): Promise<void> {
    const { components, config } = this.#database.read((tx) => ({
      components: loadedComponents(tx),
      config: readAppConfig(tx),
    })).value;
    await this.#runtime.load(components);
    this.#providers = config?.providers ?? [];
  }

  /** `auth.config.ts` may read variables, so it is evaluated again; a change that breaks it is refused. */
  async changeEnvironment(
    changes: readonly EnvironmentChange[],
  ): Promise<void> {
    const next = changedEnvironment(this.environment, changes);
    const modules = this.#database.read(
      (tx) => readModules(tx, "").get("") ?? [],
    ).value;
    const providers = evaluateAuth(modules, {
      evaluator: this.#runtime,
      environment: next,
    });
    await this.#database.write((tx) => {
      const config = readAppConfig(tx);
      writeEnvironment(tx, next);
      if (config !== null) writeAppConfig(tx, { ...config, providers });
    });
    await this.load();
  }
}
