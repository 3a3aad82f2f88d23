/** The bench's command line. */
import { expect, test } from "vitest";
import { HELP, parseArguments, SCENARIO_NAMES } from "./arguments.ts";

test("without words every scenario runs scaled and nothing is written", () => {
  expect(parseArguments([])).toEqual({ help: false, full: false, only: [...SCENARIO_NAMES], json: null });
});

test("--only takes names separated by commas and keeps the table's order", () => {
  expect(parseArguments(["--only", "crash, window", "--full", "--json", "out.json"])).toEqual({
    help: false,
    full: true,
    only: ["window", "crash"],
    json: "out.json",
  });
});

test("an unknown scenario or option is refused by its name", () => {
  expect(() => parseArguments(["--only", "windows"])).toThrow(/"windows"; there are window, urgent/);
  expect(() => parseArguments(["--fast"])).toThrow(/--fast/);
});

test("the help names every scenario and option", () => {
  for (const word of [...SCENARIO_NAMES, "--only", "--full", "--json", "--help"]) expect(HELP).toContain(word);
});
