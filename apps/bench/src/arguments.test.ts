/** The bench's command line. */
import { expect, test } from "vitest";
import { HELP, parseArguments, SCENARIO_NAMES } from "./arguments.ts";

const SILENT = { help: false, json: null, record: false, troubles: [], forMs: null };

test("without words every scenario but those of minutes runs scaled and nothing is written", () => {
  const only = SCENARIO_NAMES.filter((name) => name !== "growth" && name !== "chaos" && name !== "soak");
  expect(parseArguments([])).toEqual({ ...SILENT, full: false, only });
});

test("--for is a time with its unit, and nothing else", () => {
  expect(parseArguments(["--only", "soak", "--for", "90s"]).forMs).toBe(90_000);
  expect(parseArguments(["--only", "soak", "--for", "1h"]).forMs).toBe(3_600_000);
  for (const text of ["1", "0m", "1d", "-1h", "1.5h"]) expect(() => parseArguments([`--for=${text}`])).toThrow(/--for takes a time/);
});

test("--only takes names separated by commas and keeps the table's order", () => {
  expect(parseArguments(["--only", "crash, window", "--full", "--json", "out.json"])).toEqual({
    ...SILENT,
    full: true,
    only: ["window", "crash"],
    json: "out.json",
  });
});

test("--trouble takes words of names, separated by commas", () => {
  expect(parseArguments(["--only", "chaos", "--trouble", "FLUSHALL, older AOF"]).troubles).toEqual(["FLUSHALL", "older AOF"]);
});

test("an unknown scenario or option is refused by its name", () => {
  expect(() => parseArguments(["--only", "windows"])).toThrow(/"windows"; there are window, urgent/);
  expect(() => parseArguments(["--fast"])).toThrow(/--fast/);
});

test("the help names every scenario and option", () => {
  for (const word of [...SCENARIO_NAMES, "--only", "--full", "--json", "--record", "--trouble", "--for", "--help"])
    expect(HELP).toContain(word);
});
