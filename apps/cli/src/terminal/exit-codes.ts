/** The meaning of each exit status of the command line: one table for the program, its help and its page. */
import type { ErrorCode } from "@linkup-queue/contracts";

export const EXIT = {
  done: { code: 0, meaning: "Done; for `doctor`: everything is well" },
  failed: { code: 1, meaning: "Something failed that has no code of its own; the message says what" },
  usage: { code: 2, meaning: "The command line is wrong; nothing was done" },
  settings: { code: 3, meaning: "The settings are wrong, or the secrets key is not the one that wrote what is stored; nothing was done" },
  input: { code: 4, meaning: "The input was refused; for lists of jobs and recipients: at least one line was, the others are in" },
  notFound: { code: 5, meaning: "There is no such account, job, campaign, schedule or file" },
  conflict: { code: 6, meaning: "Something that exists already stands against it; nothing was changed" },
  redis: { code: 7, meaning: "Redis does not answer, may not hold the ledger, or holds it in another version's layout" },
  warnings: { code: 10, meaning: "`doctor`: nothing is broken, but something wants looking at" },
  failures: { code: 11, meaning: "`doctor`: something is broken and keeps jobs from running safely" },
  interrupted: { code: 130, meaning: "Stopped with Ctrl-C; what was done until then is done" },
} as const;

const BY_ERROR: Partial<Record<ErrorCode, number>> = {
  configuration_invalid: EXIT.settings.code,
  secrets_key_wrong: EXIT.settings.code,
  key_conflict: EXIT.settings.code,
  invalid_input: EXIT.input.code,
  payload_too_large: EXIT.input.code,
  not_found: EXIT.notFound.code,
  conflict: EXIT.conflict.code,
  doubtful_text: EXIT.conflict.code,
  redis_unreachable: EXIT.redis.code,
  redis_unsuitable: EXIT.redis.code,
  layout_conflict: EXIT.redis.code,
  interrupted: EXIT.interrupted.code,
};

/** The exit status for an error of ours. */
export function exitCodeOf(code: ErrorCode): number {
  return BY_ERROR[code] ?? EXIT.failed.code;
}
