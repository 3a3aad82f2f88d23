/** The credits that a UTC day may come to, at the pace of its hours that are over. Pure. */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export type DaySpent = {
  /** Credits that were charged, or may have been, since the day began. */
  spent: number;
  nowMs: number;
  /** The day's budget in credits; null without one. */
  limit: number | null;
};

export type ProjectedDay = {
  /** Credits at the day's end: no more than the budget, behind which jobs wait. */
  credits: number;
  /** When the budget is spent, ms; null where the day ends before. */
  spentAtMs: number | null;
};

/** Null in the first hour of a day, which says nothing about the others. */
export function projectedDay({ spent, nowMs, limit }: DaySpent): ProjectedDay | null {
  const passedMs = nowMs % DAY_MS;
  if (passedMs < HOUR_MS) return null;
  const credits = Math.round((spent * DAY_MS) / passedMs);
  if (limit === null || credits < limit) return { credits, spentAtMs: null };
  const spentAtMs = spent >= limit ? nowMs : nowMs - passedMs + Math.round((passedMs * limit) / spent);
  return { credits: Math.max(spent, limit), spentAtMs };
}
