/** Misspelt columns, and columns that are something else. */
import { expect, test } from "vitest";
import { closestField } from "./closest-field.ts";

test.each([
  ["first_name", ["linkedin_url", "first_nmae"], "first_nmae"],
  ["first_name", ["Fist Name", "Company"], "Fist Name"],
  ["company", ["compny", "compnay"], "compny"],
  ["first_name", ["last_name", "company"], null],
  ["first_name", ["First Name"], null],
  ["city", ["country"], null],
  ["company", [], null],
])("%s among %j is meant by %j", (name, names, meant) => expect(closestField(name, names)).toBe(meant));
