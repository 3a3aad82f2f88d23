/** The sights of looks, as tables: everything that is not certain is unclear. */
import { textDigest } from "@linkup-queue/queue";
import { describe, expect, test } from "vitest";
import { judgeInvitation, judgeMessage, selfOf } from "./judge-look.ts";

const SENT_MS = Date.UTC(2026, 0, 5, 12);
const MINUTE_MS = 60_000;
const ADA = { sender: "Ada Byron", sender_info: { first_name: "Ada", last_name: "Byron" } };
const BOB = { sender: "Bob Hope", sender_info: { first_name: "Bob", last_name: "Hope" } };
const TEXT = "Hi Bob,\nhow are you?";
const SENT = { sinceMs: SENT_MS, text: textDigest(TEXT), self: selfOf({ first_name: "Ada", last_name: "Byron" }) ?? "" };

/** A row so long after the write, in minutes. */
const row = (minutes: number, who: object, text = TEXT) => ({ text, timestamp: SENT_MS + minutes * MINUTE_MS, ...who });
const older = row(-60, ADA);
const theirs = row(-90, BOB, "Hello");

type Seen = { more?: object; sent?: Partial<typeof SENT> | { sinceMs: null } };

function seen(messages: readonly object[], { more = {}, sent = {} }: Seen = {}): string {
  const answer = { messages, total_other_member_message_count: 1, has_next_page: true, ...more };
  return judgeMessage(answer, { ...SENT, ...sent }).kind;
}

describe("a message", () => {
  test.each([
    ["the same text from the own side since it left", [row(2, ADA), older, theirs]],
    ["in the moment in which it left", [row(0, ADA), theirs]],
    ["with other blanks and another form of its letters", [row(1, ADA, "Hi Bob, how  are you? "), theirs]],
    ["by the one name of the sender", [row(1, { sender: "ada byron" }), theirs]],
    ["below a later answer of the other side", [row(3, BOB, "Fine"), row(1, ADA)]],
  ])("happened: %s", (_title, messages) => {
    expect(seen(messages)).toBe("happened");
  });

  test("tells what its answer would have said", () => {
    const answer = { conversation_id: "urn:c", messages: [{ ...row(1, ADA), entity_urn: "urn:m" }, theirs] };
    expect(judgeMessage(answer, SENT)).toEqual({
      kind: "happened",
      output: { conversation_id: "urn:c", entityUrn: "urn:m", deliveredAt: SENT_MS + MINUTE_MS },
    });
  });

  test.each<[string, object[], Seen?]>([
    ["nothing since it left, and an older one of the same text", [older, theirs]],
    ["an answer of the other side alone since then", [row(1, BOB, "Are you there?"), older]],
    ["the whole conversation, which began since then", [row(1, BOB, "Hello")], { more: { has_next_page: false } }],
  ])("was absent: %s", (_title, messages, also) => {
    expect(seen(messages, also)).toBe("absent");
  });

  test.each<[string, object[], Seen?]>([
    ["the same text just before it left: two clocks may differ", [row(-0.5, ADA), older, theirs]],
    ["the same text by the other side since", [row(1, BOB), older]],
    ["another text from the own side since: LinkedIn may have changed ours", [row(1, ADA, "Hi!"), older, theirs]],
    ["a row of nobody since", [row(1, {}, "Hi!"), older, theirs]],
    ["rows that don't reach back before it left", [row(1, BOB, "Hello")]],
    ["no rows", []],
    ["no rows, and no more pages: an empty list is a fault as well", [], { more: { has_next_page: false } }],
    ["both sides of one name", [row(1, ADA), older], { more: { total_other_member_message_count: 3 } }],
    ["one side, and no word of the other", [row(1, ADA), older], { more: { total_other_member_message_count: null } }],
    ["a moment in seconds", [{ ...row(1, ADA), timestamp: Math.round(SENT_MS / 1_000) }, theirs]],
    ["a row without a moment", [{ text: TEXT, ...ADA }, theirs]],
    ["the own name is not known", [row(1, ADA), theirs], { sent: { self: "" } }],
    ["nobody knows since when", [row(1, ADA), theirs], { sent: { sinceMs: null } }],
    ["nothing of that, as the own name is not known", [older, theirs], { sent: { self: "" } }],
  ])("is unclear: %s", (_title, messages, also) => {
    expect(seen(messages, also)).toBe("unclear");
  });

  test.each([null, [], "", { messages: null }, { messages: "none" }, {}])("is unclear in an answer of another shape: %j", (answer) => {
    expect(judgeMessage(answer, SENT).kind).toBe("unclear");
  });
});

test.each<[object | null, boolean, string]>([
  [{ invitation_state: "NO_INVITATION", invitation_type: null, member_distance: 2 }, false, "absent"],
  [{ invitation_state: "NO_INVITATION", invitation_type: null, member_distance: 2 }, true, "absent"],
  [{ invitation_state: "NO_INVITATION", invitation_type: null, member_distance: 1 }, true, "unclear"],
  [{ invitation_state: "PENDING", invitation_type: "SENT" }, true, "happened"],
  [{ invitation_state: "PENDING", invitation_type: "SENT" }, false, "unclear"],
  [{ invitation_state: "PENDING", invitation_type: "RECEIVED" }, true, "unclear"],
  [{ invitation_state: "PENDING" }, true, "unclear"],
  [{ invitation_state: "ACCEPTED", invitation_type: "CONNECTED", member_distance: 1 }, true, "happened"],
  [{ invitation_state: "ACCEPTED", invitation_type: "CONNECTED", member_distance: 1 }, false, "unclear"],
  [{ invitation_state: "ACCEPTED", invitation_type: "RECEIVED", member_distance: 1 }, true, "unclear"],
  [{ invitation_state: "WITHDRAWN" }, true, "unclear"],
  [{}, true, "unclear"],
  [null, true, "unclear"],
])("an invitation in the answer %j, where an earlier look found none: %s, is %s", (answer, wasAbsent, kind) => {
  expect(judgeInvitation(answer, { wasAbsent }).kind).toBe(kind);
});

test.each<[unknown, boolean]>([
  [{ first_name: "Ada", last_name: "Byron" }, true],
  [{ first_name: "Ada", last_name: null }, true],
  [{ first_name: " ", last_name: "" }, false],
  [{ name: "Ada" }, false],
  [null, false],
])("an own profile %j tells a name: %s", (answer, tells) => {
  expect(selfOf(answer) !== null).toBe(tells);
});
