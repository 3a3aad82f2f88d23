/** The words of `npm run fuzz`. */
import { expect, test } from "vitest";
import { parseArguments } from "./arguments.ts";

test("times have a unit, seeds are whole numbers", () => {
  expect(parseArguments(["--for", "30m", "--from", "7"])).toMatchObject({ forMs: 1_800_000, from: 7, seed: null, mutations: false });
  expect(parseArguments(["--seed", "42"])).toMatchObject({ seed: 42, forMs: 60_000 });
  expect(parseArguments(["--mutations", "--only", "a, b"])).toMatchObject({ mutations: true, only: ["a", "b"] });
});

test.each([
  [["--for", "soon"], "--for is a number with s, m or h, as 30m, not soon"],
  [["--seed", "-1"], "--seed"],
  [["--seed", "1.5"], "--seed is a whole number, not 1.5"],
  [["--sed", "1"], "--sed"],
])("%j is refused with what is wrong", (words, told) => {
  expect(() => parseArguments(words)).toThrow(told);
});
