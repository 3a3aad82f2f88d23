/** The demo's options: defaults, bounds, and mistakes that are named. */
import { expect, test } from "vitest";
import { HELP, readOptions } from "./read-options.ts";

test("without options it is 120 jobs of three accounts under LinkUp's own limit", () => {
  expect(readOptions([])).toEqual({ jobs: 120, accounts: 3, errors: 0.2, rateLimit: 300, windowMs: 60_000, keep: false });
});

test("every option is taken, and every option is in the help", () => {
  const args = ["--jobs", "1000", "--accounts=20", "--errors", "0.05", "--rate-limit", "60", "--window-ms", "6000", "--keep"];
  expect(readOptions(args)).toEqual({ jobs: 1000, accounts: 20, errors: 0.05, rateLimit: 60, windowMs: 6000, keep: true });
  expect(readOptions(["--help"])).toBe("help");
  for (const name of ["--jobs", "--accounts", "--errors", "--rate-limit", "--window-ms", "--keep", "--help"]) expect(HELP).toContain(name);
});

test.each([
  ["--jobs", "0"],
  ["--jobs", "1.5"],
  ["--jobs", "many"],
  ["--jobs="],
  ["--errors", "0.6"],
  ["--accounts", "-3"],
  ["--window-ms", "99"],
])("%s %s is refused by name", (...args) => {
  expect(() => readOptions(args)).toThrow(/--(jobs|errors|accounts|window-ms)/);
});

test("an option that nobody knows is refused by name", () => {
  expect(() => readOptions(["--jbos", "3"])).toThrow(/--jbos/);
  expect(() => readOptions(["thirty"])).toThrow(/thirty/);
});
