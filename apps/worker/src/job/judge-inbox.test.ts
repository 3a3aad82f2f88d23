/** Who answered, by pages of an inbox and by conversations: told and not told, in doubt, in any order. */
import { textDigest } from "@linkup-queue/queue";
import { START_MS } from "@linkup-queue/testkit";
import { describe, expect, test } from "vitest";
import { judgeConversation, judgeInbox } from "./judge-inbox.ts";

const url = (name: string) => `https://www.linkedin.com/in/${name}`;
const ADA = { name: "Ada Lovelace", profile_url: url("ada") };
const BOB = { name: "Bob Stone", profile_url: "http://de.linkedin.com/in/Bob/?x=1" };
const self = textDigest("ada lovelace");
const sinceMs = START_MS;
const known = { self, sinceMs };
const NEW = START_MS + 1_000;

type Sender = { name?: string | null; profile_url?: string | null } | null;
const row = (
  sender: Sender,
  { participant = BOB, time = NEW, id = "c-1" }: { participant?: Sender; time?: unknown; id?: string } = {},
) => ({
  ...{ conversation_id: id, participant, unread: 0, type: "normal" },
  last_message: { text: "Hello", time, sender },
});
const page = (conversations: unknown[], next_cursor: string | null = null) => ({
  conversations,
  total_results: conversations.length,
  next_cursor,
});
const judged = (one: unknown) => judgeInbox(page([one]), known);
const ASK = { id: "c-1", address: url("bob"), atMs: NEW };

describe("a page of an inbox", () => {
  test.each<[string, unknown, object]>([
    [
      "the other member's, by their address in any spelling",
      row({ name: "B. Stone", profile_url: url("bob") }),
      { answered: [{ address: url("bob"), atMs: NEW }] },
    ],
    [
      "the other member's, by their name where no address says it",
      row({ name: "Bob Stone" }),
      { answered: [{ address: url("bob"), atMs: NEW }] },
    ],
    [
      "the other member's, who bears our name, by their address",
      row({ name: "Ada Lovelace", profile_url: BOB.profile_url }),
      { answered: [{ address: url("bob"), atMs: NEW }] },
    ],
    [
      "of a third in a group, by their address",
      row({ name: "Cyd", profile_url: url("cyd") }),
      { answered: [{ address: url("cyd"), atMs: NEW }] },
    ],
    ["our own", row(ADA), { asks: [{ ...ASK, mayBeOurs: true }] }],
    ["our own, by the name alone", row({ name: "ada LOVELACE" }), { asks: [{ ...ASK, mayBeOurs: true }] }],
    [
      "of one of two with the same name, and no address",
      row({ name: "Ada Lovelace" }, { participant: { name: "Ada Lovelace", profile_url: url("ada-2") } }),
      { asks: [{ ...ASK, address: url("ada-2"), mayBeOurs: false }] },
    ],
    ["of nobody", row(null), { asks: [{ ...ASK, mayBeOurs: false }] }],
    ["of somebody with neither name nor address", row({ name: " " }), { asks: [{ ...ASK, mayBeOurs: false }] }],
    ["of no known moment", row(BOB, { time: 12 }), { asks: [{ ...ASK, atMs: sinceMs, mayBeOurs: false }] }],
    ["of before", row(BOB, { time: sinceMs - 1 }), { isOld: true }],
    ["of the moment itself, as text", row(BOB, { time: String(sinceMs) }), { answered: [{ address: url("bob"), atMs: sinceMs }] }],
    ["the system's, without a message", { conversation_id: "c-1", participant: BOB, last_message: null }, { isOld: true }],
  ])("whose last message is %s", (_case, one, expected) => {
    expect(judged(one)).toEqual({ answered: [], asks: [], isOld: false, rows: 1, cursor: "", ...expected });
  });

  test("in any order: one older row ends nothing, and only a page of old ones is old", () => {
    const old = row(BOB, { time: sinceMs - 1 });
    const answered = [{ address: url("bob"), atMs: NEW }];
    expect(judgeInbox(page([old, row(BOB), old], "next"), known)).toMatchObject({ answered, isOld: false, cursor: "next" });
    expect(judgeInbox(page([old, old], "next"), known)).toMatchObject({ answered: [], isOld: true });
    expect(judgeInbox(page([]), known)).toMatchObject({ answered: [], isOld: true, cursor: "" });
  });

  test("says nothing in another shape, or while nobody knows the account's own name", () => {
    for (const answer of [[], null, { data: [] }, { conversations: "none" }]) expect(judgeInbox(answer, known)).toBeNull();
    expect(judgeInbox(page([row(BOB)]), { self: "", sinceMs })).toBeNull();
  });
});

describe("a conversation", () => {
  const message = (sender: string | null, timestamp = NEW) => ({ text: "Hello", timestamp, sender });
  const conversation = (messages: unknown[], more: object = {}) => judgeConversation({ messages, ...more }, known);
  const OURS = "Ada Lovelace";

  test.each<[string, unknown, object]>([
    [
      "in which they wrote and we did after that",
      conversation([message(OURS, NEW + 5), message("Bob Stone")]),
      { kind: "answered", atMs: NEW },
    ],
    [
      "in which they wrote twice",
      conversation([message("Bob Stone", NEW), message("Bob Stone", NEW + 9)]),
      { kind: "answered", atMs: NEW + 9 },
    ],
    ["in which we wrote alone", conversation([message(OURS), message("Bob Stone", sinceMs - 1)]), { kind: "none" }],
    [
      "in which we wrote, all of it",
      conversation([message(OURS)], { has_next_page: false, total_other_member_message_count: 0 }),
      { kind: "none" },
    ],
    ["that goes on behind what was answered", conversation([message(OURS)], { has_next_page: true }), { kind: "unclear" }],
    ["in which nobody knows who wrote", conversation([message(null)]), { kind: "unclear" }],
    ["in which both bear one name", conversation([message(OURS)], { total_other_member_message_count: 3 }), { kind: "unclear" }],
  ])("%s", (_case, sight, expected) => {
    expect(sight).toEqual(expected);
  });

  test("says nothing in another shape, and without messages, as v1 gives an empty list for faults", () => {
    expect(conversation([])).toBeNull();
    expect(judgeConversation([], known)).toBeNull();
    expect(judgeConversation({ messages: [{ text: "Hello", sender: OURS }] }, known)).toBeNull();
  });
});
