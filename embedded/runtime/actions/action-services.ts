import type { FunctionError } from "../errors";
import type { Reply } from "../realm/realm-host";
import type { StoredBytes } from "./worker-messages";

/** What a running action asks of its worker. After the action has ended nothing is answered any more. */
export interface ActionServices {
  syscall(
    op: string,
    args: string,
    settle: (reply: Reply, bytes?: StoredBytes | null) => void,
    bytes?: StoredBytes,
  ): void;
  log(level: string, messages: string[]): void;
  env(name: string): string | undefined;
  /** The action failed outside of its handler. */
  fail(error: FunctionError): void;
}
