/** Executes one claimed attempt and makes its report. Never throws: what goes wrong is the attempt's error. */
import { internal } from "../../_generated/api";
import type { Id } from "../../_generated/dataModel";
import type { ActionCtx } from "../../functions";
import { runAction } from "../../language/action";
import type {
  EvaluationScope,
  Json,
  StepError,
} from "../../language/evaluation";
import { definitionPath } from "../../language/graph";
import { resolveSecrets, secretsIn } from "../../language/requestSecrets";
import {
  describePayload,
  MAX_INLINE_BYTES,
  MAX_PAYLOAD_BYTES,
} from "../../model/payloads";
import { decryptSecret } from "../../model/secretCipher";
import { fetchForAction } from "../../steps/actionFetch";
import { parseHttpOptions } from "../../steps/http";
import { type HttpFailure, sendRequest } from "../../steps/httpRequest";
import type { SecretMask } from "../../steps/secretMask";
import type { AttemptOutput } from "./attemptOutput";
import type { ClaimedTask } from "./claims";
import type { Report } from "./reports";
import { SILENCE } from "./stepOutput";

/** Longer ones would overflow the timer and fire at once; no worker lives that long. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

type Result =
  | { kind: "ok"; value: Json }
  | {
      kind: "failed";
      error: StepError & HttpFailure;
      retryAfterMs: number | null;
    };

export type Attempted = {
  cancelled: AbortSignal;
  mask: SecretMask;
  output: AttemptOutput;
};
type Named = Pick<ClaimedTask, "organizationId" | "secretNames">;
type Surroundings = Omit<Attempted, "cancelled"> & {
  signal: AbortSignal;
  /** Names of the secrets that the attempt has asked for. */
  asked: Set<string>;
};

export class EffectRunner {
  readonly #ctx: ActionCtx;
  readonly #programs = new Map<Id<"workflowVersions">, Promise<string>>();

  constructor(ctx: ActionCtx) {
    this.#ctx = ctx;
  }

  /** What the attempt says goes to `output` at once; the report has what is left of it. */
  async run(
    task: ClaimedTask,
    { cancelled, mask, output }: Attempted,
  ): Promise<Report> {
    const limit = { cancelled, timeoutMs: task.timeoutMs };
    const asked = new Set<string>();
    const result = await within(limit, (signal) =>
      this.#execute(task, { signal, mask, output, asked }),
    ).catch((error: unknown) => bug(error));
    output.end();
    return {
      taskId: task.taskId,
      result: await this.#report(mask.hideIn(result)).catch((error: unknown) =>
        failedReport(bug(error)),
      ),
      output: output.take({ all: true }) ?? SILENCE,
      ...(asked.size === 0 ? {} : { secretNames: [...asked] }),
    };
  }

  async #execute(
    task: ClaimedTask,
    surroundings: Surroundings,
  ): Promise<Result> {
    // What the turn stored for this task is JSON.
    const request = JSON.parse(task.request) as Json;
    return task.kind === "http"
      ? await this.#http(task, request, surroundings)
      : await this.#action(task, request, surroundings);
  }

  async #http(
    task: ClaimedTask,
    request: Json,
    { signal, mask, asked }: Omit<Surroundings, "output">,
  ): Promise<Result> {
    const names = secretsIn(request);
    const secrets = await this.#hidden(task, mask, names);
    const missing = names.find((name) => !secrets.has(name));
    if (missing !== undefined) return unknownSecret(missing);
    for (const name of names) asked.add(name);
    const filled = resolveSecrets(request, (name) => secrets.get(name) ?? "");
    return await sendRequest(filled, {
      signal,
      timeoutMs: task.timeoutMs,
      idempotencyKey: `${task.runId}:${task.stepKey}`,
      ...parseHttpOptions(task.httpOptions),
    });
  }

  async #action(
    task: ClaimedTask,
    request: Json,
    { signal, mask, output, asked }: Surroundings,
  ): Promise<Result> {
    await this.#hidden(task, mask);
    const result = await runAction(
      {
        program: await this.#program(task.versionId),
        fn: { path: definitionPath(task.stepKey), slot: "run" },
        // The turn stored a scope (`beginAction`).
        scope: request as unknown as EvaluationScope,
        seed: `${task.runId}:${task.stepKey}:${task.attempt}`,
        nowMs: Date.now(),
      },
      {
        signal,
        log: (line) => output.log(line),
        stream: (text) => output.stream(text),
        fetch: fetchForAction,
        secret: async (name) => {
          const secrets = await this.#secrets(task.organizationId, [name]);
          const value = secrets.get(name);
          if (value === undefined)
            throw new Error(`There is no secret named "${name}".`);
          mask.add(value);
          asked.add(name);
          return value;
        },
      },
    );
    return result.kind === "ok" ? result : { ...result, retryAfterMs: null };
  }

  async #program(versionId: Id<"workflowVersions">): Promise<string> {
    const known = this.#programs.get(versionId);
    if (known !== undefined) return await known;
    const loading = this.#ctx.runQuery(internal.executor.exchange.program, {
      versionId,
    });
    this.#programs.set(versionId, loading);
    return await loading;
  }

  /** The secrets that the task asks for, and those that its run has asked for before: none of them is shown. */
  async #hidden(
    { organizationId, secretNames }: Named,
    mask: SecretMask,
    names: string[] = [],
  ): Promise<Map<string, string>> {
    const all = [...new Set([...names, ...secretNames])];
    const secrets = await this.#secrets(organizationId, all);
    for (const value of secrets.values()) mask.add(value);
    return secrets;
  }

  async #secrets(
    organizationId: Id<"organizations">,
    names: string[],
  ): Promise<Map<string, string>> {
    if (names.length === 0) return new Map();
    const rows = await this.#ctx.runQuery(internal.secrets.encryptedByNames, {
      organizationId,
      names,
    });
    const values = await Promise.all(
      rows.map(async (row) => [row.name, await decryptSecret(row)] as const),
    );
    return new Map(values);
  }

  async #report(result: Result): Promise<Report["result"]> {
    if (result.kind === "failed") return failedReport(result);
    const json = JSON.stringify(result.value);
    const described = describePayload(json);
    if (described.bytes > MAX_PAYLOAD_BYTES) return failedReport(tooLarge());
    if (described.bytes <= MAX_INLINE_BYTES)
      return { kind: "completed", output: { kind: "inline", json } };
    const storageId = await this.#ctx.storage.store(
      new Blob([json], { type: "application/json" }),
    );
    return {
      kind: "completed",
      output: { kind: "file", storageId, ...described },
    };
  }
}

/** No timer is left behind, as `AbortSignal.timeout` would leave one: an action that leaves nothing is cheap to follow. */
async function within<T>(
  { cancelled, timeoutMs }: { cancelled: AbortSignal; timeoutMs: number },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const timer = setTimeout(
    () => deadline.abort(new DOMException("Out of time", "TimeoutError")),
    Math.min(timeoutMs, MAX_TIMEOUT_MS),
  );
  try {
    return await work(AbortSignal.any([cancelled, deadline.signal]));
  } finally {
    clearTimeout(timer);
  }
}

function failedReport(
  result: Extract<Result, { kind: "failed" }>,
): Report["result"] {
  const { name, message, code, retryable, frames, cause, http } = result.error;
  return {
    kind: "failed",
    retryAfterMs: result.retryAfterMs,
    error: {
      name,
      message,
      code,
      retryable,
      frames: frames.map(({ fn, line, column }) => ({ fn, line, column })),
      ...(http === undefined ? {} : { http }),
      ...(cause === undefined
        ? {}
        : { cause: { name: cause.name, message: cause.message } }),
    },
  };
}

function failedWith(
  name: string,
  code: string,
  message: string,
  retryable = false,
): Extract<Result, { kind: "failed" }> {
  return {
    kind: "failed",
    error: { name, message, code, retryable, frames: [] },
    retryAfterMs: null,
  };
}

function unknownSecret(name: string) {
  return failedWith(
    "UnknownSecretError",
    "unknown_secret",
    `There is no secret named "${name}". Add it, or change the name in the workflow.`,
  );
}

function tooLarge() {
  return failedWith(
    "PayloadTooLargeError",
    "payload_too_large",
    "The output is larger than 16 MiB. Keep large data elsewhere and pass a reference to it.",
  );
}

/** Ours, not the user's; another attempt may meet better luck. */
function bug(error: unknown) {
  return failedWith(
    "InternalError",
    "internal",
    error instanceof Error ? error.message : String(error),
    true,
  );
}
