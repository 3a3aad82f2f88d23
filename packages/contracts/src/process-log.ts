/**
 * A process's log: one JSON line each. What it says of an error is chosen here, member by member: clients hang whole commands on theirs
 * (ioredis: `command.args`), with passwords and job data in them.
 */
import { type DestinationStream, type Logger, pino } from "pino";

/** An error as a log line has it: no members but these. */
export type LoggedError = { type: string; message: string; code?: string; stack?: string; cause?: LoggedError };

/** Causes of causes are told to this depth. */
const DEEPEST_CAUSE = 5;

/** What a log line says of anything that was thrown. */
export function loggedError(thrown: unknown, depth = 0): LoggedError {
  if (!(thrown instanceof Error)) return { type: typeof thrown, message: "not an Error" };
  const code = "code" in thrown && typeof thrown.code === "string" ? { code: thrown.code } : {};
  const stack = thrown.stack === undefined ? {} : { stack: thrown.stack };
  const cause = thrown.cause === undefined || depth >= DEEPEST_CAUSE ? {} : { cause: loggedError(thrown.cause, depth + 1) };
  return { type: thrown.name, message: thrown.message, ...code, ...stack, ...cause };
}

/** The log of a process, at level `info` until its settings say otherwise; on stdout unless `destination` is given. */
export function processLog(name: string, destination?: DestinationStream): Logger {
  const options = { name, serializers: { err: (thrown: unknown) => loggedError(thrown) } };
  return destination === undefined ? pino(options) : pino(options, destination);
}
