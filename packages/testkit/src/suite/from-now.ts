/** The machine's clock, for tests of systems that run by it, in real time and in processes of their own. */

/**
 * A moment `ms` from now (before it where negative). For what is given to such a system, never for the start of a clock, which begins at
 * `START_MS`, nor for a day that is expected, which may be over by then: infra/check-clocks.mjs refuses both.
 */
export function fromNow(ms: number): Date {
  return new Date(Date.now() + ms);
}
