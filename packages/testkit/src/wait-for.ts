/** Polls for a condition that gives no signal. Where there is a signal (a line, an event, a promise), await that and not this. */
import { setTimeout as sleep } from "node:timers/promises";
import { LinkupError } from "@linkup-queue/contracts";

export type WaitForOptions = {
  timeoutMs: number;
  /** What is waited for, as it reads after "Waited 500 ms in vain for". */
  what: string;
  /** Pause between two looks. */
  everyMs?: number;
};

/**
 * Resolves with the first value of `look` that is neither false, null nor undefined.
 * @throws LinkupError when that did not happen within `timeoutMs`; what `look` throws is thrown on at once.
 */
export async function waitFor<T>(look: () => Promise<T> | T, options: WaitForOptions): Promise<NonNullable<T>> {
  const deadline = performance.now() + options.timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== false && found !== null && found !== undefined) return found;
    if (performance.now() >= deadline) {
      throw new LinkupError("timed_out", `Waited ${options.timeoutMs} ms in vain for ${options.what}`);
    }
    await sleep(options.everyMs ?? 20);
  }
}
