/**
 * A process's log: one JSON line each. The members of an error that are logged are chosen here, one by one: clients hang whole commands on theirs
 * (ioredis: `command.args`), with passwords and job data in them.
 */
import { type DestinationStream, type Logger, pino } from "pino";

/** An error as a log line has it: no members but these. */
export type LoggedError = { type: string; message: string; code?: string; stack?: string; cause?: LoggedError };

/** Causes of causes are told to this depth. */
const DEEPEST_CAUSE = 5;

/** The log's words for anything that was thrown. */
export function loggedError(thrown: unknown, depth = 0): LoggedError {
  if (!(thrown instanceof Error)) return { type: typeof thrown, message: "not an Error" };
  const code = "code" in thrown && typeof thrown.code === "string" ? { code: thrown.code } : {};
  const stack = thrown.stack === undefined ? {} : { stack: thrown.stack };
  const cause = thrown.cause === undefined || depth >= DEEPEST_CAUSE ? {} : { cause: loggedError(thrown.cause, depth + 1) };
  return { type: thrown.name, message: thrown.message, ...code, ...stack, ...cause };
}

/** A shorter text is no secret of ours, and taking it out would leave no line readable. */
const SHORTEST_SECRET = 8;

export type ProcessLogOptions = {
  /** Default: stdout. */
  destination?: DestinationStream;
  /** Secrets of the whole process: taken out of every line as it is written, whoever put them in. */
  secrets?: readonly (string | undefined)[];
};

/** The log of a process, at level `info` until its settings say otherwise. */
export function processLog(name: string, { destination, secrets = [] }: ProcessLogOptions = {}): Logger {
  const known = secrets.flatMap((secret) => {
    const text = secret?.trim() ?? "";
    return text.length < SHORTEST_SECRET ? [] : [JSON.stringify(text).slice(1, -1)];
  });
  const options = {
    name,
    serializers: { err: (thrown: unknown) => loggedError(thrown) },
    hooks: { streamWrite: (line: string) => known.reduce((shown, secret) => shown.replaceAll(secret, "[secret]"), line) },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
