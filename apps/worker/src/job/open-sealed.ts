/**
 * Opens sealed texts of an account. A text that does not open is the account's trouble only where this process has the right key: a worker that
 * others have gone past with another LINKUP_SECRETS_KEY stops, and closes no account.
 */
import { LinkupError } from "@linkup-queue/contracts";
import type { WorkerContext } from "../process/context.ts";

/** `opened`: the text, whatever it is; `unreadable`: the record's own fault; `stale`: the key's of this process, which stops. */
export type OpenedSealed<T> = { kind: "opened"; value: T } | { kind: "unreadable" } | { kind: "stale" };

/** Opens by `open`. Throws what is not about the secrets key. */
export async function openSealed<T>({ engine, lose }: WorkerContext, open: () => Promise<T>): Promise<OpenedSealed<T>> {
  try {
    return { kind: "opened", value: await open() };
  } catch (error) {
    if (!isWrongKey(error)) throw error;
  }
  try {
    await engine.keys.checkSecrets(engine.secrets);
    return { kind: "unreadable" };
  } catch (error) {
    if (!isWrongKey(error)) throw error;
    lose(error);
    return { kind: "stale" };
  }
}

function isWrongKey(error: unknown): error is LinkupError {
  return error instanceof LinkupError && error.code === "secrets_key_wrong";
}
