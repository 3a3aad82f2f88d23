/** The one way to count characters, at the bound that LinkedIn sets for a note. */
import { expect, test } from "vitest";
import { OPERATIONS } from "../operations/catalogue.ts";
import { countCharacters } from "./text-length.ts";

const fits = (message: string) =>
  OPERATIONS["invitation.send"].input.safeParse({ linkedin_url: "https://www.linkedin.com/in/ann", message }).success;

test.each([
  ["letters", "y", 300],
  ["letters with accents", "\u00e9", 300],
  ["accents apart from their letters", "e\u0301", 150],
  ["emoji", "\u{1F600}", 150],
  ["a family of four", "\u{1F468}\u200d\u{1F469}\u200d\u{1F467}\u200d\u{1F466}", 27],
])("of %s a note has at most 300 UTF-16 units", (_what, unit, most) => {
  expect(fits(unit.repeat(most))).toBe(true);
  expect(fits(unit.repeat(most + 1))).toBe(false);
  expect(countCharacters(unit.repeat(most))).toBeLessThanOrEqual(300);
  // Counted by code points or by what is seen as one, it is never more.
  expect([...unit].length).toBeLessThanOrEqual(countCharacters(unit));
});
