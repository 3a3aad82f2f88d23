/** The one error of the client. Its message holds no token and nothing that was sent. */

/** @typedef {import("./client.d.ts").ClientErrorCode} Code */
/** @typedef {{ code: Code, call: string, status?: number, issues?: { path: string, message: string }[], retryAfterMs?: number | null, nothingDone: boolean, cause?: unknown }} Facts */

/** @implements {InstanceType<typeof import("./client.d.ts").ClientError>} */
export class ClientError extends Error {
  /** @override @type {"ClientError"} */
  name = "ClientError";

  /** @param {string} message @param {Facts} facts */
  constructor(message, { code, call, status, issues, retryAfterMs, nothingDone, cause }) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.call = call;
    this.status = status ?? null;
    this.issues = issues ?? [];
    this.retryAfterMs = retryAfterMs ?? null;
    this.nothingDone = nothingDone;
  }
}
