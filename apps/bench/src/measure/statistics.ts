/** The few statistics that the table needs. Pure. */

/** The value below which `share` (0 to 1) of the values lie, by nearest rank; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** The middle value, or the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2;
}

/** Events per second between the first and the last of `timesMs` (ascending); 0 for fewer than two. */
export function ratePerSecond(timesMs: readonly number[]): number {
  const first = timesMs[0];
  const last = timesMs.at(-1);
  if (first === undefined || last === undefined || last <= first) return 0;
  return ((timesMs.length - 1) * 1000) / (last - first);
}

/** The events of the middle: without the first `head` and the last `tail` shares of them, where things start and run out. */
export function middleOf(timesMs: readonly number[], { head, tail }: { head: number; tail: number }): number[] {
  const sorted = timesMs.toSorted((a, b) => a - b);
  return sorted.slice(Math.floor(sorted.length * head), Math.ceil(sorted.length * (1 - tail)));
}

/** How steeply `y` goes up with `x`, by least squares; NaN of fewer than two points. */
export function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return spread === 0 ? Number.NaN : points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
}
