/**
 * Cuts one call short: at its deadline, when its caller gives up, or when the client closes. The first cause counts.
 * Runs on the monotonic clock alone: the wall clock may jump.
 */
export type CutCause = "deadline" | "given_up";

export type CallClock = {
  /** Aborts at the cut. */
  signal: AbortSignal;
  /** Null until the call was cut. A deadline that passed while this process stood still counts at once, before its timer fires. */
  cause: () => CutCause | null;
  /** Settles as the given promise does, unless the cut comes first: then rejects. */
  race: <T>(promise: Promise<T>) => Promise<T>;
  /** Whole milliseconds since the start. */
  elapsedMs: () => number;
  stop: () => void;
};

/** Starts the clock of a call that may take `deadlineMs` from now. */
export function startCallClock(deadlineMs: number, givingUp: readonly AbortSignal[]): CallClock {
  const startedAtMs = performance.now();
  const controller = new AbortController();
  const cutPromise = Promise.withResolvers<never>();
  cutPromise.promise.catch(() => undefined);
  let cause: CutCause | null = null;

  const cut = (because: CutCause): void => {
    if (cause !== null) return;
    cause = because;
    const reason = new Error(because === "deadline" ? "The deadline of the call passed" : "The call was given up");
    controller.abort(reason);
    cutPromise.reject(reason);
  };
  const giveUp = (): void => cut("given_up");
  const isPast = (): boolean => performance.now() - startedAtMs >= deadlineMs;

  const timer = setTimeout(() => cut("deadline"), Math.max(0, deadlineMs));
  if (isPast()) cut("deadline");
  for (const signal of givingUp) {
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
  }

  return {
    signal: controller.signal,
    cause: () => {
      if (isPast()) cut("deadline");
      return cause;
    },
    race: (promise) => Promise.race([promise, cutPromise.promise]),
    elapsedMs: () => Math.round(performance.now() - startedAtMs),
    stop: () => {
      clearTimeout(timer);
      for (const signal of givingUp) signal.removeEventListener("abort", giveUp);
    },
  };
}
