/** The use of a limited window, worked out from the arrivals that the sandbox counted. Pure. */

export type Limit = { limit: number; windowMs: number };

/** The share of the limit that arrivals used in the whole windows from `fromMs` on (after the warm-up), half-open at the end. */
export function utilisation(
  arrivalsMs: readonly number[],
  { limit, windowMs }: Limit,
  { fromMs, windows }: { fromMs: number; windows: number },
): number {
  const toMs = fromMs + windows * windowMs;
  return arrivalsMs.filter((at) => at >= fromMs && at < toMs).length / (windows * limit);
}
