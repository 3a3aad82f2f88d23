/** Hours against a slow reference: the wall clock of the zone, asked minute by minute. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { AccountHours, openTimes, WEEKDAYS } from "./account-hours.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const OFFICE: AccountHours = { timezone: "Europe/Amsterdam", weekdays: ["mon", "tue", "wed", "thu", "fri"], from: "08:30", to: "18:00" };
const iso = (times: [number, number][]) => times.map(([from, until]) => `${new Date(from).toISOString()} ${new Date(until).toISOString()}`);
const at = (text: string) => Date.parse(text);

test("office hours follow the zone's summer time, and no weekend is in them", () => {
  expect(iso(openTimes(OFFICE, at("2028-03-24T00:00Z"), at("2028-03-28T00:00Z")))).toEqual([
    "2028-03-24T07:30:00.000Z 2028-03-24T17:00:00.000Z",
    "2028-03-27T06:30:00.000Z 2028-03-27T16:00:00.000Z",
  ]);
});

test("a day off is none, by the date of the zone", () => {
  const hours: AccountHours = { ...OFFICE, timezone: "Pacific/Auckland", daysOff: ["2028-01-04"] };
  expect(iso(openTimes(hours, at("2028-01-03T12:00Z"), at("2028-01-05T00:00Z")))).toEqual([
    "2028-01-04T19:30:00.000Z 2028-01-05T05:00:00.000Z",
  ]);
});

test("whole days in a row are one time", () => {
  const hours: AccountHours = { timezone: "UTC", weekdays: [...WEEKDAYS], from: "00:00", to: "24:00" };
  expect(openTimes(hours, at("2028-01-03T12:00Z"), at("2028-01-06T12:00Z"))).toHaveLength(1);
});

test("a time that no clock shows opens when it would have been, later, and one that comes twice opens at the second", () => {
  const night = (from: string, to: string): AccountHours => ({ timezone: "Europe/Amsterdam", weekdays: ["sun"], from, to });
  const springMs = [at("2028-03-26T00:00Z"), at("2028-03-26T06:00Z")] as const;
  const autumnMs = [at("2028-10-29T00:00Z"), at("2028-10-29T06:00Z")] as const;
  expect(iso(openTimes(night("02:30", "04:00"), ...springMs))).toEqual(["2028-03-26T01:30:00.000Z 2028-03-26T02:00:00.000Z"]);
  expect(iso(openTimes(night("01:00", "02:30"), ...springMs))).toEqual(["2028-03-26T00:00:00.000Z 2028-03-26T00:30:00.000Z"]);
  expect(iso(openTimes(night("02:30", "04:00"), ...autumnMs))).toEqual(["2028-10-29T01:30:00.000Z 2028-10-29T03:00:00.000Z"]);
  expect(iso(openTimes(night("02:10", "02:50"), ...autumnMs))).toEqual([]);
});

const clocks = new Map<string, Intl.DateTimeFormat>();
function wallClock(timezone: string, atMs: number): { day: string; time: string } {
  const format =
    clocks.get(timezone) ??
    new Intl.DateTimeFormat("en-GB", { timeZone: timezone, weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  clocks.set(timezone, format);
  const parts = Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
  return { day: String(parts["weekday"]).toLowerCase(), time: `${parts["hour"]}:${parts["minute"]}` };
}

const clockTime = fc
  .nat(24 * 60 - 1)
  .map((minute) => `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`);
const HOURS: fc.Arbitrary<AccountHours> = fc
  .record({
    timezone: fc.constantFrom(
      "UTC",
      "Europe/Amsterdam",
      "America/Los_Angeles",
      "Asia/Kolkata",
      "Australia/Lord_Howe",
      "America/St_Johns",
      "Pacific/Apia",
    ),
    weekdays: fc.subarray([...WEEKDAYS], { minLength: 1 }),
    from: clockTime,
    to: fc.oneof(clockTime, fc.constant("24:00")),
  })
  .filter(({ from, to }) => from < to);
/** Days around changes of the clocks, and any. */
const DAYS = fc.oneof(
  fc.constantFrom("2028-03-25", "2028-10-28", "2028-03-11", "2028-11-04", "2028-04-01", "2028-09-30", "2028-02-28"),
  fc.nat(365).map((day) => new Date(at("2028-01-03") + day * DAY_MS).toISOString().slice(0, 10)),
);

test("no clock of any zone shows another hour while an account is open; and it is open whenever one shows its hours, but around a change", () => {
  const property = fc.property(HOURS, DAYS, fc.nat(59), (hours, day, second) => {
    const fromMs = at(`${day}T00:00Z`);
    const times = openTimes(AccountHours.parse(hours), fromMs, fromMs + 2 * DAY_MS);
    let away = 0;
    for (let atMs = fromMs + second * 1_000; atMs < fromMs + 2 * DAY_MS; atMs += 7 * MINUTE_MS) {
      const { day: weekday, time } = wallClock(hours.timezone, atMs);
      const shown = hours.weekdays.some((name) => name === weekday) && time >= hours.from && time < hours.to;
      const open = times.some(([from, until]) => atMs >= from && atMs < until);
      if (open) expect(shown, new Date(atMs).toISOString()).toBe(true);
      if (shown && !open) away += 7;
    }
    // A change moves a clock by an hour or half of it; what is lost lies on both sides of it.
    expect(away).toBeLessThanOrEqual(2 * 60 + 7);
  });
  fc.assert(property, { numRuns: 150 });
});

test("hours that make no sense are refused, each with what is right", () => {
  const issuesOf = (changes: object) =>
    AccountHours.safeParse({ ...OFFICE, ...changes }).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  expect(issuesOf({ timezone: "Amsterdam" })).toEqual(["timezone: must be the IANA name of a time zone, like Europe/Amsterdam"]);
  expect(issuesOf({ timezone: "" })).toHaveLength(1);
  expect(issuesOf({ from: "8:30" })).toContain("from: must be a time of day from 00:00 to 23:59, like 08:30");
  expect(issuesOf({ from: "24:00" })).toContain("from: must be a time of day from 00:00 to 23:59, like 08:30");
  expect(issuesOf({ from: "18:00" })).toEqual(["to: must be later than from, on the same day"]);
  expect(issuesOf({ weekdays: [] })).toEqual(["weekdays: must name a day or more"]);
  expect(issuesOf({ weekdays: ["monday"] })).toEqual([`weekdays.0: must be one of ${WEEKDAYS.join(", ")}`]);
  expect(issuesOf({ daysOff: ["2028-02-30"] })).toEqual(["daysOff.0: must be a date, like 2028-12-25"]);
});
