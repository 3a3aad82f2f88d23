/**
 * When the clocks of tests start: at fixed moments, never at today, so that a test that fails fails on every day. `TEST_STARTS`, one day or
 * two (`2028-02-01..2028-02-29`), puts other days in their place; infra/days.mjs walks through a year with it.
 */

export type TestStart = { name: string; ms: number };

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** A quiet week, and the ends of a leap February, of a month and of a year, half a minute before midnight UTC. */
const FIXED = [
  ["Monday", "2028-01-03T12:00:00Z"],
  ["Tuesday", "2028-01-04T12:00:00Z"],
  ["Wednesday", "2028-01-05T12:00:00Z"],
  ["Thursday", "2028-01-06T12:00:00Z"],
  ["Friday", "2028-01-07T12:00:00Z"],
  ["Saturday", "2028-01-08T12:00:00Z"],
  ["Sunday", "2028-01-09T12:00:00Z"],
  ["the leap day's end", "2028-02-29T23:59:30Z"],
  ["a month's end", "2028-04-30T23:59:30Z"],
  ["the year's end", "2028-12-31T23:59:30Z"],
] as const;

/** Every day of a range, each at another hour's end, so that the year's days meet all hours: half a minute before the hour is full. */
export function readStarts(text: string | undefined): TestStart[] {
  if (text === undefined || text === "") return FIXED.map(([name, at]) => ({ name, ms: Date.parse(at) }));
  const [, first = "", last = first] = /^(\d{4}-\d\d-\d\d)(?:\.\.(\d{4}-\d\d-\d\d))?$/.exec(text) ?? [];
  const [from, to] = [Date.parse(first), Date.parse(last)];
  if (!(from <= to)) throw new Error(`TEST_STARTS is a day or two, 2028-02-01..2028-02-29, not ${text}`);
  return Array.from({ length: (to - from) / DAY_MS + 1 }, (_none, index) => {
    const dayMs = from + index * DAY_MS;
    const hour = ((dayMs / DAY_MS) * 7) % 24;
    return { name: new Date(dayMs).toISOString().slice(0, 10), ms: dayMs + (hour + 1) * HOUR_MS - 30_000 };
  });
}

/** The starts of the suites that turn on days: `describe.each(STARTS)("from $name", ({ ms }) => ...)`. */
export const STARTS: readonly TestStart[] = readStarts(process.env["TEST_STARTS"]);

/** Where every other clock of a test starts, ms since the epoch. */
export const START_MS: number = STARTS[0]?.ms ?? Number.NaN;
