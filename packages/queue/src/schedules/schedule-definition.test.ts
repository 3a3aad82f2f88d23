/** Schedules that may be put, and when two definitions are the same. */
import { LinkupError } from "@linkup-queue/contracts";
import { expect, test } from "vitest";
import { defineSchedule, revisionOf, ScheduleRequest } from "./schedule-definition.ts";

const job = { operation: "profile.scrape", accountId: "ada", input: { linkedin_url: "https://www.linkedin.com/in/x" } };

function issuesOf(request: unknown): string[] {
  const parsed = ScheduleRequest.parse(request);
  try {
    defineSchedule(parsed);
  } catch (error) {
    const { code, issues } = LinkupError.from(error);
    expect(code).toBe("invalid_input");
    return (issues ?? []).map(({ path }) => path);
  }
  return [];
}

test("cron or everyMs is needed, and one of the two only", () => {
  expect(issuesOf({ job })).toEqual([""]);
  expect(issuesOf({ job, cron: "0 9 * * *", everyMs: 5_000 })).toEqual(["everyMs"]);
  expect(issuesOf({ job, cron: "0 9 * * *" })).toEqual([]);
  expect(issuesOf({ job, everyMs: 1_000 })).toEqual([]);
  expect(ScheduleRequest.safeParse({ job, everyMs: 999 }).success).toBe(false);
});

test("a cron expression that the library would fill up, draw lots for, or never run is refused", () => {
  for (const cron of ["", "*", "* *", "* * * * * * *", "H 9 * * *", "0 0 30 2 *", "61 * * * *", "@reboot"]) {
    expect(issuesOf({ job, cron }), cron).toEqual(["cron"]);
  }
  for (const cron of ["@hourly", "0 9 * * 1-5", "*/10 * * * * *", "0 0 L * *", "0 9 * * MON"])
    expect(issuesOf({ job, cron }), cron).toEqual([]);
});

test("days and months go by their names, in either case, alone and in ranges and lists; H draws lots in either case and is refused", () => {
  const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
  const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
  const cased = (name: string) => [name, name.toUpperCase(), name.charAt(0).toUpperCase() + name.slice(1)];
  for (const day of days.flatMap(cased)) expect(issuesOf({ job, cron: `0 9 * * ${day}` }), day).toEqual([]);
  for (const month of months.flatMap(cased)) expect(issuesOf({ job, cron: `0 9 1 ${month} *` }), month).toEqual([]);
  for (const cron of ["0 9 * * MON-THU", "0 9 * * TUE,THU", "0 9 * MAR-OCT *", "0 9 * * THU#2", "0 0 * * THUL"])
    expect(issuesOf({ job, cron }), cron).toEqual([]);
  for (const cron of ["H H * * *", "h 9 * * *", "0 H/2 * * *", "H(0-29) * * * *", "0 9 * * H", "0 9,H * * *"])
    expect(issuesOf({ job, cron }), cron).toEqual(["cron"]);
});

test("a time zone is an IANA name", () => {
  for (const timezone of ["Mars/Base", "+02:00", ""]) expect(issuesOf({ job, cron: "0 9 * * *", timezone })).toEqual(["timezone"]);
  expect(issuesOf({ job, cron: "0 9 * * *", timezone: "US/Eastern" })).toEqual([]);
});

test("the job is checked like any other, each issue under its path, and nothing of it repeated", () => {
  expect(issuesOf({ everyMs: 5_000, job: { ...job, operation: "profile.steal" } })).toEqual(["job.operation"]);
  expect(issuesOf({ everyMs: 5_000, job: { ...job, input: { login_token: "s3cret" } } })).toEqual([
    "job.input.linkedin_url",
    "job.input.login_token",
  ]);
  expect(ScheduleRequest.safeParse({ everyMs: 5_000, job: { ...job, expiresAt: "2030-01-01T00:00:00Z" } }).success).toBe(false);
});

test("the same definition is the same whatever the order of its members, and another one is another", () => {
  const one = defineSchedule(ScheduleRequest.parse({ job, cron: "0  9 * * *" }));
  const same = defineSchedule(
    ScheduleRequest.parse({ cron: "0 9 * * * ", overlap: "skip", timezone: "UTC", job: { priority: "normal", ...job } }),
  );
  expect(revisionOf(same)).toBe(revisionOf(one));
  expect(revisionOf(defineSchedule(ScheduleRequest.parse({ job, cron: "0 9 * * *", overlap: "queue" })))).not.toBe(revisionOf(one));
});
