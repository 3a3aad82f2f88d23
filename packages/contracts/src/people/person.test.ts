/** Whom an outcome names, and what is left of it once a person is forgotten. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Outcome } from "../outcome/outcome.ts";
import { peopleIn, peopleOf, personKey, withoutPerson } from "./person.ts";

const JANE = "https://www.linkedin.com/in/jane-doe";
const OMAR = "https://www.linkedin.com/in/omar";

const OUTCOME: Outcome = {
  v: 1,
  outcomeId: "o-1",
  queue: "profiles",
  jobId: "j-1",
  operation: "profile.scrape",
  accountId: "acc-1",
  campaignId: "c1",
  recipientId: null,
  step: null,
  status: "succeeded",
  code: null,
  message: "Done",
  httpStatus: 200,
  output: null,
  calls: 1,
  credits: { charged: 1, uncertain: 0 },
  redriveOf: null,
  reconciled: null,
  resolved: null,
  enqueuedAt: "2026-11-22T10:00:00.000Z",
  startedAt: "2026-11-22T10:00:01.000Z",
  finishedAt: "2026-11-22T10:00:02.000Z",
};

test.each([
  ["an address in any spelling", { url: "fr.linkedin.com/in/Jane-Doe/?trk=1" }],
  ["an address in running text", { text: "See https://www.linkedin.com/in/jane-doe. Then write." }],
  ["a profile's public_id", { public_id: "Jane-Doe" }],
  ["an author's public_identifier in a list", { comments: [{ author: { public_identifier: "jane-doe" } }] }],
])("a person is found by %s", (_what, value) => {
  expect([...peopleIn(value)]).toEqual([personKey(JANE)]);
});

test("a name that equals a public id is nobody's address", () => {
  expect(peopleIn({ first_name: "jane-doe", id: "jane-doe", title: "in/jane-doe" }).size).toBe(0);
});

test("an outcome about the person loses recipient and output, and keeps what it cost", () => {
  const outcome: Outcome = { ...OUTCOME, recipientId: JANE, output: { email: "jane@example.com" } };
  expect(withoutPerson(outcome, personKey(JANE))).toEqual({
    ...outcome,
    recipientId: null,
    output: null,
    message: "What this said of a person was erased",
  });
});

test("an outcome whose job was about the person loses its output, though it does not name them", () => {
  const outcome: Outcome = { ...OUTCOME, recipientId: "crm-7", output: { phone: "+1 555 0100" } };
  expect(withoutPerson(outcome, personKey(JANE))).toBeNull();
  expect(withoutPerson(outcome, personKey(JANE), [personKey(JANE)])).toMatchObject({ recipientId: null, output: null });
});

test("of a list only the person's own entries go, however deep", () => {
  const output = {
    total: 2,
    profiles: [
      { name: "Jane", profile_url: JANE },
      { name: "Omar", profile_url: OMAR, comments: [{ author: { public_identifier: "jane-doe" } }, { text: "fine" }] },
    ],
  };
  const left = withoutPerson({ ...OUTCOME, output }, personKey(JANE));
  expect(left).toMatchObject({
    recipientId: null,
    message: "Done",
    output: { total: 2, profiles: [{ name: "Omar", comments: [{ text: "fine" }] }] },
  });
});

test("nothing of a person is left behind, and others' outcomes are not touched", () => {
  const person = fc.constantFrom(JANE, OMAR, "https://www.linkedin.com/in/x");
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      person,
      fc.string(),
      fc.integer(),
      fc.array(tie("value")),
      fc.dictionary(fc.constantFrom("a", "public_id", "b"), tie("value")),
    ),
  })).value;
  fc.assert(
    fc.property(value, fc.option(person), fc.string(), (output, recipientId, message) => {
      const outcome: Outcome = { ...OUTCOME, recipientId, message, output };
      const left = withoutPerson(outcome, personKey(JANE));
      const named = peopleOf(outcome).has(personKey(JANE));
      expect(left !== null).toBe(named);
      if (left !== null) expect(peopleOf(left).has(personKey(JANE))).toBe(false);
    }),
  );
});

test("hostile text is nobody's address and throws nothing", () => {
  fc.assert(fc.property(fc.anything({ maxDepth: 3 }), (value) => void peopleIn(value)));
  expect(peopleIn({ public_id: "..", url: "https://www.linkedin.com/in/%E0%A4%A" }).size).toBe(0);
});
