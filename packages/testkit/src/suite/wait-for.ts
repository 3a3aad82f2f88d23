/**
 * The one poll of all tests, for a condition that gives no signal. Where there is a signal (a line, an event, a response), await that and not this.
 * Its deadline is generous and no figure of the test's: a busy machine must not make a test fail, and waiting costs nothing where nothing is wrong.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import { LinkupError } from "@linkup-queue/contracts";

/** How long a test waits for anything, in milliseconds; vitest's own limit for a test is twice as long. */
export const WAIT_MS = 60_000;

export type WaitForOptions<T> = {
  /** The awaited fact, as it reads after "Waited 60 s in vain for". */
  what: string;
  /** Whether this is it. Default: whatever is neither false, null nor undefined. */
  until?: (seen: T) => boolean;
  /** Only where a run of many seconds is waited for; its test has a longer limit, too. Default `WAIT_MS`. */
  timeoutMs?: number;
  /** Pause between two looks. */
  everyMs?: number;
};

const isThere = (seen: unknown): boolean => seen !== false && seen !== null && seen !== undefined;

/** Resolves with the first value of `look` that `until` accepts. */
export async function waitFor<T>(look: () => Promise<T> | T, options: WaitForOptions<T> & { until: (seen: T) => boolean }): Promise<T>;
/** Resolves with the first value of `look` that is neither false, null nor undefined. */
export async function waitFor<T>(look: () => Promise<T> | T, options: WaitForOptions<T>): Promise<NonNullable<T>>;
/** @throws LinkupError when that did not happen in time, with what was seen last; what `look` throws is thrown on at once. */
export async function waitFor<T>(
  look: () => Promise<T> | T,
  { what, until = isThere, timeoutMs = WAIT_MS, everyMs = 20 }: WaitForOptions<T>,
): Promise<T> {
  const startedMs = performance.now();
  for (;;) {
    const seen = await look();
    if (until(seen)) return seen;
    if (performance.now() - startedMs >= timeoutMs) {
      throw new LinkupError("timed_out", `Waited ${timeoutMs / 1_000} s in vain for ${what}; seen last: ${shortly(seen)}`);
    }
    await sleep(everyMs);
  }
}

function shortly(seen: unknown): string {
  const text = inspect(seen, { depth: 3, breakLength: Number.POSITIVE_INFINITY });
  return text.length > 500 ? `${text.slice(0, 500)} ...` : text;
}
