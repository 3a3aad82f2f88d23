/** Texts with placeholders: what is filled, what is missing, and what no row can repair. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { fillTemplate, inputTemplateIssues, renderInput, templateFields, templateIssues } from "./campaign-template.ts";

const URL = "https://www.linkedin.com/in/ann";

test("fields and defaults are filled, empty fields take the default, and nothing filled in is read as a placeholder", () => {
  const template = { text: "Hi {{first_name|there}}, {{ company }} {{x|}}!", list: ["{{first_name}}"], number: 3 };
  expect(fillTemplate(template, { first_name: " Ann ", company: "{{secret}}" })).toEqual({
    input: { text: "Hi Ann, {{secret}} !", list: ["Ann"], number: 3 },
    missing: [],
  });
  expect(fillTemplate(template, { first_name: " " }).missing.sort()).toEqual(["company", "first_name"]);
  expect(fillTemplate({ text: "{{constructor}}" }, {}).missing).toEqual(["constructor"]);
  expect([...templateFields(template)]).toEqual([
    ["first_name", false],
    ["company", false],
    ["x", true],
  ]);
});

test("a field is filled from the column of its name, however case, accents, blanks and signs are written there and in the text", () => {
  const fields = { prenom: "Ann", "Company Name": "Acme" };
  expect(fillTemplate({ t: "{{Prénom}} of {{companyName}}, {{ COMPANY-NAME | x}}" }, fields)).toEqual({
    input: { t: "Ann of Acme, Acme" },
    missing: [],
  });
  expect(fillTemplate({ t: "{{name}}" }, fields).missing).toEqual(["name"]);
});

test("filling is the same however often it is done, for any text without braces", () => {
  const word = fc.string({ unit: fc.constantFrom("a", " ", "$", "é", "&", "1") });
  fc.assert(
    fc.property(word, word, word, (before, value, after) => {
      const want = { input: { t: `${before}${value.trim() || "D"}${after}` }, missing: [] };
      for (let time = 0; time < 2; time++) expect(fillTemplate({ t: `${before}{{f|D}}${after}` }, { f: value })).toEqual(want);
    }),
  );
});

test("a note that LinkedIn refuses for its length is found for the row that makes it so", () => {
  const template = { linkedin_url: "{{linkedin_url}}", message: "Hello {{name}}" };
  expect(renderInput("invitation.send", template, { linkedin_url: URL, name: "y".repeat(294) }).ok).toBe(true);
  expect(renderInput("invitation.send", template, { linkedin_url: URL, name: "y".repeat(295) })).toEqual({
    ok: false,
    missing: [],
    issues: [{ path: "input.message", message: "must be at most 300 characters" }],
  });
});

test("an error for every row is found in the template alone", () => {
  expect(inputTemplateIssues("invitation.send", { linkedin_url: "{{url}}", message: "Hi {{name}}" })).toEqual([]);
  expect(inputTemplateIssues("invitation.send", { linkedin_url: "nowhere", note: "{{x}}" }).map(({ path }) => path)).toEqual([
    "input.linkedin_url",
    "input.note",
  ]);
  expect(inputTemplateIssues("message.send", { linkedin_url: "{{url}}" })).toEqual([
    { path: "input.message_text", message: "is required" },
  ]);
  for (const t of ["Hi {{first_name}", "Hi {{}}", "Hi {{1}}", "{{#if x}}", "{{contact.first_name}}", "{{first_name, fallback=there}}"])
    expect(templateIssues({ t }), t).toHaveLength(1);
  expect(templateIssues({ t: "Hi {{first name}} {{ Prénom | toi }}" })).toEqual([]);
  expect(templateIssues({ t: "Hi {{first_name|my friend}}" })).toEqual([]);
});
