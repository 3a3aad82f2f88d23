/** Conversations show what was sent, when it was done, and what was there before; a call may be lost and done later. */
import { waitFor } from "@linkup-queue/testkit";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../src/index.ts";
import { type Caller, callerOf, logIn, message, SEND } from "./client.ts";

const CONVERSATION = "/v1/messages/conversation";
const DAY_MS = 86_400_000;
let sandbox: Sandbox;
let caller: Caller;
let token: string;

beforeAll(async () => {
  sandbox = await startSandbox({ limit: null });
  caller = callerOf(sandbox);
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  sandbox.reset({ scenario: true });
  token = await logIn(caller, "ada@example.com");
});

type Row = { text: string; timestamp: number; sender: string; sender_info: Record<string, string> };
type Page = { messages: Row[]; next_cursor?: string; has_next_page: boolean; conversation_id: string };

async function read(body: Record<string, unknown>): Promise<Page> {
  return (await caller.post(CONVERSATION, { login_token: token, ...body })).body.data as Page;
}

const isNew = ({ timestamp }: Row, start: number) => timestamp > start - DAY_MS;

test("a sent message is the newest of its conversation, by address and by id, under the name of its account's own profile", async () => {
  const sent = message(token);
  const { body } = await caller.post(SEND, sent);
  const { conversation_id: id, deliveredAt } = body.data as { conversation_id: string; deliveredAt: number };
  const own = (await caller.post("/v1/profile/me", { login_token: token })).body.data as Record<string, string>;
  const expected = {
    text: sent["message_text"],
    timestamp: deliveredAt,
    sender_info: { first_name: own["first_name"], last_name: own["last_name"] },
  };
  for (const which of [{ linkedin_url: `${sent["linkedin_url"]}/` }, { conversation_id: id }]) {
    const { messages } = await read(which);
    expect(messages[0]).toMatchObject(expected);
    expect(messages.filter((row) => isNew(row, deliveredAt)).length).toBe(1);
  }
  const other = await logIn(caller, "bob@example.com");
  const elsewhere = await caller.post(CONVERSATION, { login_token: other, linkedin_url: sent["linkedin_url"] });
  expect(elsewhere.text).not.toContain(sent["message_text"]);
});

test("pages follow a cursor to the end, each message once", async () => {
  const sent = message(token);
  for (const part of ["one", "two", "three"]) await caller.post(SEND, { ...sent, message_text: part });
  const texts: string[] = [];
  let page = await read({ linkedin_url: sent["linkedin_url"], total_results: 2 });
  for (let pages = 1; ; pages++) {
    texts.push(...page.messages.map(({ text }) => text));
    if (!page.has_next_page || pages > 20) break;
    page = await read({ linkedin_url: sent["linkedin_url"], total_results: 10, cursor: page.next_cursor });
  }
  expect(texts.slice(0, 2)).toEqual(["three", "two"]);
  expect(texts.filter((text) => text.startsWith("Message ")).length).toBe(20);
});

test("messages of before are there for the account and the member whom they name, from either side", async () => {
  const sent = message(token);
  const profile = `${sent["linkedin_url"]}/?a=1`;
  sandbox.scenario({
    messagesBefore: [
      { text: "equal", profile, agoMs: 5_000 },
      { text: "theirs", profile, own: false, agoMs: 6_000 },
      { text: "bob's", email: "bob@example.com" },
    ],
  });
  const { messages } = await read({ linkedin_url: sent["linkedin_url"] });
  expect(messages.slice(0, 3).map(({ text }) => text)).toEqual(["equal", "theirs", "Message 0"]);
  expect(messages[0]?.sender).not.toBe(messages[1]?.sender);
  expect((await read({ linkedin_url: message(token)["linkedin_url"] })).messages[0]?.text).toBe("Message 0");
});

test("a hung call that is late is neither done nor charged at first, and both once, later", async () => {
  sandbox.scenario({ next: [{ status: "reset", when: "late", operation: "message.send" }], lateEffectMs: 300 });
  const sent = message(token);
  await expect(caller.post(SEND, sent)).rejects.toThrow();
  const { charged } = sandbox.summary().credits;
  const { messages } = await read({ linkedin_url: sent["linkedin_url"] });
  expect(messages.filter((row) => row.text === sent["message_text"]).length).toBe(sandbox.summary().effects.done);
  await waitFor(() => sandbox.summary().effects.done, { what: "the late effect", until: (done) => done === 1 });
  const readAgain = await read({ linkedin_url: sent["linkedin_url"] });
  expect(readAgain.messages[0]?.text).toBe(sent["message_text"]);
  expect(sandbox.summary().credits).toMatchObject({ charged: charged + 3, byOperation: { "message.send": 1 } });
  expect(sandbox.journal().find(({ operation }) => operation === "message.send")).toMatchObject({
    status: "reset",
    fault: "reset late",
    effect: "done",
    charged: 1,
  });
});

test("a late effect belongs to the run in which it was called", async () => {
  sandbox.scenario({ next: [{ status: "reset", when: "late", operation: "message.send" }], lateEffectMs: 50 });
  await expect(caller.post(SEND, message(token))).rejects.toThrow();
  sandbox.reset();
  token = await logIn(caller, "ada@example.com");
  sandbox.scenario({ next: [{ status: "reset", when: "late", operation: "message.send" }], lateEffectMs: 60 });
  await expect(caller.post(SEND, message(token))).rejects.toThrow();
  await waitFor(() => sandbox.summary().effects.done, { what: "the second late effect", until: (done) => done > 0 });
  expect(sandbox.summary().effects.done).toBe(1);
});

test("only a call that is lost can be late", () => {
  expect(() => sandbox.scenario({ next: [{ status: 500, when: "late" }] })).toThrow("can't be late");
  expect(() => sandbox.scenario({ failEvery: { n: 1, status: 504, when: "late" } })).toThrow("can't be late");
});
