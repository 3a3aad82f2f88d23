import { expect, test } from "vitest";
import { jainIndex } from "./jain.ts";

test("equal shares have index 1, and one that has everything of four has a quarter", () => {
  expect(jainIndex([7, 7, 7, 7])).toBe(1);
  expect(jainIndex([28, 0, 0, 0])).toBe(0.25);
  expect(jainIndex([50, 50, 50, 60])).toBeCloseTo(0.9932, 4);
  expect(jainIndex([])).toBeNaN();
});
