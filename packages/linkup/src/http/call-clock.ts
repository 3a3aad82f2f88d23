/**
 * Aborts one call: at its deadline, when its caller gives up, or when the client closes. The first cause counts.
 * Runs on the monotonic clock alone: the wall clock may jump.
 */
export type AbortCause = "deadline" | "given_up";

export type CallClock = {
  /** Aborts with the call. */
  signal: AbortSignal;
  /** Null until the call was aborted. A deadline that passed while this process stood still counts at once, before its timer fires. */
  cause: () => AbortCause | null;
  /** Settles as the given promise does, unless the abort comes first: then rejects. */
  race: <T>(promise: Promise<T>) => Promise<T>;
  /** Whole milliseconds since the start. */
  elapsedMs: () => number;
  stop: () => void;
};

/** Starts the clock of a call that may take `deadlineMs` from now. */
export function startCallClock(deadlineMs: number, givingUp: readonly AbortSignal[]): CallClock {
  const startedAtMs = performance.now();
  const controller = new AbortController();
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => undefined);
  let cause: AbortCause | null = null;

  const abort = (because: AbortCause): void => {
    if (cause !== null) return;
    cause = because;
    const reason = new Error(because === "deadline" ? "The deadline of the call passed" : "The call was given up");
    controller.abort(reason);
    aborted.reject(reason);
  };
  const giveUp = (): void => abort("given_up");
  const isPast = (): boolean => performance.now() - startedAtMs >= deadlineMs;

  const timer = setTimeout(() => abort("deadline"), Math.max(0, deadlineMs));
  if (isPast()) abort("deadline");
  for (const signal of givingUp) {
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
  }

  return {
    signal: controller.signal,
    cause: () => {
      if (isPast()) abort("deadline");
      return cause;
    },
    race: (promise) => Promise.race([promise, aborted.promise]),
    elapsedMs: () => Math.round(performance.now() - startedAtMs),
    stop: () => {
      clearTimeout(timer);
      for (const signal of givingUp) signal.removeEventListener("abort", giveUp);
    },
  };
}
