/** A backend to misbehave against, and a witness who works undisturbed meanwhile. */
import { afterAll, beforeAll, expect } from "vitest";
import { startFuzzBackend, type FuzzBackend } from "./fuzz-backend";
import { Witness } from "./witness";

interface FuzzGround {
  readonly backend: FuzzBackend;
  post(path: string, body: BodyInit, headers?: HeadersInit): Promise<Response>;
}

/** Call at the top of a test file. At its end the witness has seen nothing wrong, and the process is the same. */
export function useFuzzGround(): FuzzGround {
  let backend: FuzzBackend;
  let witness: Witness;
  beforeAll(async () => {
    backend = await startFuzzBackend();
    witness = new Witness(backend.url);
    witness.start();
  });
  afterAll(async () => {
    const seen = await witness.finish();
    const { exitCode, signalCode } = backend.process;
    await backend.stop();
    expect(seen).toMatchObject({ errors: [] });
    expect(seen.rounds).toBeGreaterThan(10);
    expect({ exitCode, signalCode }).toEqual({
      exitCode: null,
      signalCode: null,
    });
  });
  return {
    get backend() {
      return backend;
    },
    post: (path, body, headers = {}) =>
      fetch(backend.url + path, { method: "POST", body, headers }),
  };
}
