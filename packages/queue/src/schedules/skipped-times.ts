/**
 * Times that a cron expression names and the clock leaves out, as it is put forward: they come due an hour later, once, whatever the hour.
 * cron-parser does so by itself in the middle of a day and passes over those around midnight. Pure arithmetic; it never reads a clock.
 */
import { zoneOffsetMs } from "@linkup-queue/contracts";
import { CronExpressionParser } from "cron-parser";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Between two looks at the clock's offset: no zone puts its clock forward and back within a week. */
const LOOK_MS = 7 * 24 * HOUR_MS;
/** A clock is put forward by two hours at most; a time of its gap may lie that far behind the change. */
const LONGEST_GAP_MS = 2 * HOUR_MS;

type Jump = { atMs: number; fromMs: number; toMs: number };

/** The moments between the two at which a zone's clock is put forward, with its offsets before and after. */
function* jumps(timezone: string, afterMs: number, beforeMs: number): Generator<Jump> {
  let fromMs = zoneOffsetMs(timezone, afterMs);
  for (let startMs = afterMs; startMs < beforeMs; startMs += LOOK_MS) {
    const toMs = zoneOffsetMs(timezone, startMs + LOOK_MS);
    if (toMs > fromMs) {
      let [low, high] = [startMs, startMs + LOOK_MS];
      while (high - low > 1) {
        const middle = Math.floor((low + high) / 2);
        if (zoneOffsetMs(timezone, middle) === fromMs) low = middle;
        else high = middle;
      }
      yield { atMs: high, fromMs, toMs };
    }
    fromMs = toMs;
  }
}

/** The times of a cron expression that the clock leaves out strictly between the two moments, ms since the epoch, in order. */
export function* skippedTimes(rule: { cron: string; timezone: string }, afterMs: number, beforeMs: number): Generator<number> {
  for (const { atMs, fromMs, toMs } of jumps(rule.timezone, afterMs - LONGEST_GAP_MS, beforeMs)) {
    // The hour as a clock shows it that is not put forward.
    const wall = CronExpressionParser.parse(rule.cron, { tz: "UTC", currentDate: new Date(Math.max(atMs - 1, afterMs) + fromMs) });
    const endMs = Math.min(atMs + toMs, beforeMs + fromMs);
    for (let shown = wall.next().getTime(); shown < endMs; shown = wall.next().getTime()) yield shown - fromMs;
  }
}
