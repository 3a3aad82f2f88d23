/**
 * When a schedule's ticks are due: pure arithmetic over a rule and a moment. The home of the cron library. BullMQ is given
 * `nextTime` as its repeat strategy, so that what is shown is what happens. It must never read a clock.
 */
import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import { CronExpressionParser, type CronFieldCollection } from "cron-parser";
import { skippedTimes } from "./skipped-times.ts";

export type ScheduleRule =
  /** Five fields, or six with seconds first; `timezone` is an IANA name. */
  | { kind: "cron"; cron: string; timezone: string }
  /** Due at `fromMs` plus each whole multiple of the interval. */
  | { kind: "interval"; everyMs: number; fromMs: number };

/** Passed-by ticks are counted up to this many: counting a year of seconds would hold up the process. */
export const MOST_COUNTED = 1_000;

/**
 * In the day before a change of the clock by half an hour (Australia/Lord_Howe) cron-parser 5.10 may give up with "loop limit exceeded". It is
 * asked again from later on then: the ticks of hours are lost, where BullMQ by itself would end the schedule without a word.
 */
const STEP_PAST_TROUBLE_MS = 12 * 3_600_000;
const MOST_STEPS = 4;
const FIRST_LOOK_BACK_MS = 60_000;

/** The due times after `afterMs`, strictly increasing, in ms since the epoch. Throws what cron-parser throws for a rule that has none. */
export function* dueTimes(rule: ScheduleRule, afterMs: number): Generator<number, never> {
  if (rule.kind === "interval") {
    let due = rule.fromMs + (Math.floor((afterMs - rule.fromMs) / rule.everyMs) + 1) * rule.everyMs;
    for (;;) {
      yield due;
      due += rule.everyMs;
    }
  }
  let last = afterMs;
  let times = parseCron(rule, afterMs);
  for (;;) {
    let due: number | null = null;
    for (let step = 0; due === null || due <= last; step++) {
      if (step > 0) times = parseCron(rule, last + step * STEP_PAST_TROUBLE_MS);
      try {
        due = times.next().getTime();
      } catch (error) {
        if (step >= MOST_STEPS) throw error;
      }
    }
    yield* skippedTimes(rule, last, due);
    yield due;
    last = due;
  }
}

function parseCron({ cron, timezone }: { cron: string; timezone: string }, afterMs: number) {
  return CronExpressionParser.parse(cron, { tz: timezone, currentDate: new Date(afterMs) });
}

/** Whether a cron expression can be read and comes due at all. */
export function isCronDue(cron: string, timezone: string): boolean {
  try {
    const times = parseCron({ cron, timezone }, Date.UTC(2024, 0, 1));
    if (!hasADate(times.fields)) return false;
    times.next();
    return true;
  } catch {
    return false;
  }
}

/** The most days that each month has. */
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** False for days that no month has, as 31 April and 30 February: cron-parser would look through 27 years for one, in one go. */
function hasADate({ dayOfMonth, month, dayOfWeek }: CronFieldCollection): boolean {
  if (!dayOfWeek.isWildcard) return true;
  return month.values.some((of) => dayOfMonth.values.some((day) => typeof day !== "number" || day <= (DAYS[of - 1] ?? 0)));
}

/** The first due time after `afterMs`. */
export function nextTime(rule: ScheduleRule, afterMs: number): number {
  return dueTimes(rule, afterMs).next().value;
}

/** The first `count` due times after `afterMs`. */
export function nextTimes(rule: ScheduleRule, { afterMs, count }: { afterMs: number; count: number }): number[] {
  const times = dueTimes(rule, afterMs);
  return Array.from({ length: count }, () => times.next().value);
}

/** As `nextTimes`; others in the process get their turn after each time, as the next 29 February takes a while to find. */
export async function nextTimesYielding(rule: ScheduleRule, { afterMs, count }: { afterMs: number; count: number }): Promise<number[]> {
  const times = dueTimes(rule, afterMs);
  const found: number[] = [];
  while (found.length < count) {
    found.push(times.next().value);
    await yieldToEventLoop();
  }
  return found;
}

/** The latest due time that is not after `nowMs`, for a tick of `tickMs` that comes now; `tickMs` itself when none came after it. */
export function latestDue(rule: ScheduleRule, { tickMs, nowMs }: { tickMs: number; nowMs: number }): number {
  for (let lookBackMs = FIRST_LOOK_BACK_MS; ; lookBackMs *= 2) {
    const startMs = Math.max(tickMs, nowMs - lookBackMs);
    let latest = tickMs;
    for (const due of dueTimes(rule, startMs)) {
      if (due > nowMs) break;
      latest = due;
    }
    if (latest > tickMs || startMs === tickMs) return latest;
  }
}

/** How many due times lie between two moments, both excluded; `MOST_COUNTED` stands for as many or more. */
export function countDueBetween(rule: ScheduleRule, { afterMs, beforeMs }: { afterMs: number; beforeMs: number }): number {
  if (rule.kind === "interval") {
    return Math.min(MOST_COUNTED, Math.max(0, Math.ceil((beforeMs - afterMs) / rule.everyMs) - 1));
  }
  let count = 0;
  for (const due of dueTimes(rule, afterMs)) {
    if (due >= beforeMs || count === MOST_COUNTED) return count;
    count += 1;
  }
  return count;
}
