/** Columns as people name them, and the names that texts use them by. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { fieldKey, fieldName, fieldValue } from "./field-name.ts";

test("a column's name becomes a field's name where that is possible", () => {
  expect(["first_name", "First Name", " E-mail ", "2nd Line", "Prénom", "Имя", "日付", "", "!!!", "2"].map(fieldName)).toEqual([
    "first_name",
    "first_name",
    "e_mail",
    "nd_line",
    "prenom",
    "имя",
    "日付",
    null,
    null,
    null,
  ]);
});

test.each([
  ["Prénom", "prenom"],
  ["Pre\u0301nom", "PRÉNOM"],
  ["First Name", "first_name"],
  ["First Name", "firstname"],
  ["firstName", "FIRST-NAME"],
  ["E-Mail *", "email"],
  ["Company (current)", "company current"],
  ["Straße", "STRASSE"],
  ["İsim", "isim"],
  ["LinkedIn\u00a0URL:", "linkedin_url"],
  ["2nd Line", "nd_line"],
])("%s and %s are one name", (one, other) => {
  expect(fieldKey(one)).toBe(fieldKey(other));
  expect(fieldValue({ [one]: " x " }, other)).toBe("x");
});

test.each([
  ["first_name", "last_name"],
  ["phone 1", "phone 2"],
  ["Имя", "Фамилия"],
])("%s and %s are two names", (one, other) => expect(fieldKey(one)).not.toBe(fieldKey(other)));

test("a column is found under its own name and under the name that it is kept by", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 30 }), (column) => {
      const kept = fieldName(column);
      if (kept !== null) expect(fieldKey(kept)).toBe(fieldKey(column));
    }),
  );
});

test("a row that has two different values under one name has none under it, but for the name as it is written", () => {
  expect(fieldValue({ email: "a", "E-Mail": "b" }, "e_mail")).toBeUndefined();
  expect(fieldValue({ email: "a", "E-Mail": "a" }, "e_mail")).toBe("a");
  expect(fieldValue({ email: "a", "E-Mail": " " }, "e_mail")).toBe("a");
  expect(fieldValue({ email: "a", "E-Mail": "b" }, "email")).toBe("a");
  expect(fieldValue({}, "constructor")).toBeUndefined();
});

test("a value in which nothing is to be seen is empty, and marks within others stay", () => {
  for (const nothing of ["", " \u00a0", "\u200b", "\u200e\u200f", "\u2800 \u3164", "\u0000", "\ufeff"]) {
    expect(fieldValue({ name: nothing }, "name")).toBe("");
    expect(fieldValue({ Name: nothing }, "name")).toBeUndefined();
  }
  for (const name of ["\u202bדוד\u202c", "👩\u200d💻", "می\u200cخواهم"]) expect(fieldValue({ name }, "name")).toBe(name);
});
