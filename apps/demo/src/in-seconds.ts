/** A length of time for people. */

/** `60 s`, `30.5 s`: whole seconds where they are whole and there are ten or more, else tenths. */
export function inSeconds(ms: number): string {
  return ms >= 10_000 && ms % 1_000 === 0 ? `${ms / 1_000} s` : `${(ms / 1_000).toFixed(1)} s`;
}
