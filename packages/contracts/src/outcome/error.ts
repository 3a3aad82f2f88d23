/**
 * The one error class of the project. Its message is written for the person who runs this at night: it says what to do,
 * and never holds a token, a password or a body. The end of a call (charge, remedy, status) is a verdict, never an error.
 */
import type { ErrorCode } from "./codes.ts";
import type { Issue } from "./issues.ts";

export type LinkupErrorOptions = {
  /** Everything that is wrong with an input, where the message alone is too little. */
  issues?: readonly Issue[];
  cause?: unknown;
};

export class LinkupError extends Error {
  override readonly name = "LinkupError";
  readonly code: ErrorCode;
  readonly issues: readonly Issue[] | null;

  constructor(code: ErrorCode, message: string, options: LinkupErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.issues = options.issues ?? null;
  }

  /** Anything that was thrown, as one of ours: ours unchanged, all else as `internal_error` with its message kept as the cause only. */
  static from(thrown: unknown): LinkupError {
    if (thrown instanceof LinkupError) return thrown;
    const kind = thrown instanceof Error ? thrown.name : typeof thrown;
    return new LinkupError("internal_error", `Unexpected ${kind}; this is a defect, the log line holds its stack`, { cause: thrown });
  }
}
