/** Columns as people name them, and the names that texts use them by. */
import { expect, test } from "vitest";
import { fieldName } from "./field-name.ts";

test("a column's name becomes a field's name where that is possible", () => {
  expect(["first_name", "First Name", " E-mail ", "2nd Line", "日付", ""].map(fieldName)).toEqual([
    "first_name",
    "first_name",
    "e_mail",
    "nd_line",
    null,
    null,
  ]);
});
