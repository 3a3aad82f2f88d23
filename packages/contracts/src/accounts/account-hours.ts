/** The hours of an account: when it may act, in its own time zone. Clocks that are set forward or back are known to the zone's rules. */
import { z } from "zod";
import { isTimezone, zoneOffsetMs } from "./time-zones.ts";

export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
const Weekday = z.enum(WEEKDAYS, `must be one of ${WEEKDAYS.join(", ")}`);
const MOST_DAYS_OFF = 400;

/** A time of day, "00:00" to "23:59"; `to` may be "24:00", too. */
const time = (pattern: RegExp, latest: string) => z.string().regex(pattern, `must be a time of day from 00:00 to ${latest}, like 08:30`);

export const AccountHours = z
  .strictObject({
    timezone: z.string().max(64).refine(isTimezone, "must be the IANA name of a time zone, like Europe/Amsterdam"),
    weekdays: z.array(Weekday).min(1, "must name a day or more").max(WEEKDAYS.length),
    from: time(/^([01]\d|2[0-3]):[0-5]\d$/, "23:59"),
    to: time(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, "24:00"),
    daysOff: z.array(z.iso.date("must be a date, like 2028-12-25")).max(MOST_DAYS_OFF).optional(),
  })
  .refine(({ from, to }) => from < to, { path: ["to"], message: "must be later than from, on the same day" });
export type AccountHours = z.infer<typeof AccountHours>;

/** From, and until before which moment, ms. */
export type OpenTime = [fromMs: number, untilMs: number];

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/**
 * The first and the last moment at which the zone's clocks show this time, given as if it were UTC: two where they are set back over it. Where they
 * are set forward past it, no clock shows it, and the moments just around the change stand for it.
 */
function momentsOf(timezone: string, wallMs: number): { firstMs: number; lastMs: number } {
  const one = wallMs - zoneOffsetMs(timezone, wallMs - DAY_MS);
  const other = wallMs - zoneOffsetMs(timezone, wallMs + DAY_MS);
  const isShown = (atMs: number) => atMs + zoneOffsetMs(timezone, atMs) === wallMs;
  if (isShown(one) !== isShown(other)) {
    const onlyMs = isShown(one) ? one : other;
    return { firstMs: onlyMs, lastMs: onlyMs };
  }
  return { firstMs: Math.min(one, other), lastMs: Math.max(one, other) };
}

const minutesOf = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));

/**
 * When an account of these hours is open between two moments, in order; the first and the last may reach beyond them. On days on which clocks
 * change, a time that comes twice or never opens late and closes early, so that no clock of the zone ever shows another hour than those.
 */
export function openTimes({ timezone, weekdays, from, to, daysOff = [] }: AccountHours, fromMs: number, untilMs: number): OpenTime[] {
  const days = new Set<string>(weekdays);
  const off = new Set(daysOff);
  const times: OpenTime[] = [];
  for (let dayMs = Math.floor(fromMs / DAY_MS) * DAY_MS - DAY_MS; dayMs <= untilMs + DAY_MS; dayMs += DAY_MS) {
    const day = new Date(dayMs);
    if (!days.has(WEEKDAYS[(day.getUTCDay() + 6) % 7] ?? "") || off.has(day.toISOString().slice(0, 10))) continue;
    const opensMs = momentsOf(timezone, dayMs + minutesOf(from) * MINUTE_MS).lastMs;
    const closesMs = momentsOf(timezone, dayMs + minutesOf(to) * MINUTE_MS).firstMs;
    if (opensMs >= closesMs || closesMs <= fromMs || opensMs >= untilMs) continue;
    const last = times.at(-1);
    if (last !== undefined && last[1] === opensMs) last[1] = closesMs;
    else times.push([opensMs, closesMs]);
  }
  return times;
}
