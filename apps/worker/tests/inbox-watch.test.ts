/** Watched inboxes against the sandbox: who answered is found whoever wrote last, campaigns stop, and nothing of an inbox is in an outcome. */
import { personKey } from "@linkup-queue/contracts";
import { CampaignDefinition } from "@linkup-queue/queue";
import { fromNow, waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { type System, type SystemOptions, startSystem } from "./fixture.ts";

let system: System;
afterEach(async () => system.close());

const person = (number: number) => `https://www.linkedin.com/in/person-${number}`;
const LOGIN = { email: "ada@example.com", password: "secret-of-ada" };
const calls = (operation: string) => system.sandbox.journal().filter((entry) => entry.operation === operation).length;
const inbound = (number: number, more: object = {}) => ({
  text: "Thank you",
  profile: person(number),
  own: false,
  atMs: fromNow(0).getTime(),
  ...more,
});

async function start(options: SystemOptions = {}): Promise<void> {
  system = await startSystem({ ...options, scenario: { limit: null, inboxKept: true, ...options.scenario } });
  await system.activeAccounts(["ada"]);
}

const watch = (everyMinutes = 5) => system.engine.accounts.register("ada", { ...LOGIN, replyWatch: { everyMinutes } });

/** A campaign of the account that starts a day from now. */
async function campaign(id: string, people: readonly number[], more: { stopOnReply?: boolean } = {}): Promise<void> {
  const { campaigns } = system.engine;
  const definition = {
    ...{ name: id, operation: "message.send", accountIds: ["ada"], input: { linkedin_url: "{{linkedin_url}}", message_text: "Hello" } },
    ...{ stopOnReply: true, startAt: fromNow(86_400_000).toISOString(), ...more },
  };
  await campaigns.create(id, CampaignDefinition.parse(definition));
  const recipients = people.map((number) => ({ id: person(number), fields: { linkedin_url: person(number) } }));
  await campaigns.accept(id, { accountIds: ["ada"], recipients });
  await campaigns.change(id, "start", { allowDoubtfulText: true });
}

const account = async () => await system.engine.accounts.read("ada");
const isRead = () => waitFor(async () => (await account())?.inboxReadAt, { what: "the inbox to be read", until: (at) => at != null });
/** Reads once more, at once: each read is due as soon as it may be. */
async function readAgain(): Promise<void> {
  const before = (await account())?.inboxReadAt;
  const { client, keys } = system.engine.scripts;
  const again = async () => {
    await client.zadd(keys.watches, 0, "ada");
    return (await account())?.inboxReadAt;
  };
  await waitFor(again, { what: "the inbox to be read again", until: (at) => at !== before });
}
const answered = async (numbers: readonly number[]) => {
  const jobs = numbers.map((number) => ({
    people: [personKey(person(number))],
    reached: [personKey(person(number))],
    account: "ada",
    campaign: "spring",
  }));
  const codes = await system.engine.people.stoppedJobs.codesOf(jobs);
  return numbers.filter((_, at) => codes[at] === "replied");
};

test("whoever wrote since the campaign was made is stopped in each campaign, and others are not; the outcome holds nothing of the inbox", async () => {
  await start();
  for (const id of ["spring", "autumn"]) await campaign(id, [1, 2, 3]);
  const old = { atMs: fromNow(-86_400_000).getTime() };
  system.sandbox.scenario({ messagesBefore: [inbound(1), inbound(2, old), inbound(3, { own: true, ...old })] });
  await watch();
  await isRead();
  expect(await answered([1, 2, 3])).toEqual([1]);
  const { campaigns } = system.engine;
  for (const id of ["spring", "autumn"]) {
    await campaigns.change(id, "pause");
    await campaigns.amend(id, ({ startAt: _, ...definition }) => definition, { allowDoubtfulText: true });
    await campaigns.change(id, "resume");
  }
  await waitFor(async () => (await campaigns.read("autumn"))?.state, { what: "the end", until: (state) => state === "ended" });
  await waitFor(async () => (await campaigns.read("spring"))?.state, { what: "the end", until: (state) => state === "ended" });
  for (const id of ["spring", "autumn"]) expect((await campaigns.read(id))?.byCode).toEqual({ replied: 1 });
  const reads = system.outcomes.filter(({ operation }) => operation === "message.inbox");
  expect(reads).toMatchObject([{ status: "succeeded", output: {}, credits: { charged: 1 } }]);
  expect(JSON.stringify(reads)).not.toContain("Thank you");
});

test("our own message, seen in the inbox, is no answer and costs no look; one that the member typed is looked behind", async () => {
  await start();
  await campaign("spring", [1, 2]);
  await watch();
  await isRead();
  await system.add("messages", [
    { name: "message.send", data: { accountId: "ada", input: { linkedin_url: person(1), message_text: "Hello" } } },
  ]);
  await waitFor(() => system.outcomes.some(({ operation }) => operation === "message.send"), { what: "the message" });
  await readAgain();
  expect(await answered([1, 2])).toEqual([]);
  expect(calls("message.conversation")).toBe(0);
  // They wrote, and the member answered by hand, from another device.
  system.sandbox.scenario({ messagesBefore: [inbound(2), inbound(2, { own: true, text: "You are welcome", atMs: fromNow(1).getTime() })] });
  await readAgain();
  expect(await answered([1, 2])).toEqual([2]);
  expect(calls("message.conversation")).toBe(1);
  // The member wrote by hand, and nobody answered.
  system.sandbox.scenario({ messagesBefore: [inbound(4, { own: true })] });
  await readAgain();
  expect(await answered([4])).toEqual([]);
  expect([calls("message.conversation"), calls("profile.me")]).toEqual([2, 1]);
});

test("whoever wrote something that does not say whose it is counts as one who answered, and it is told", async () => {
  const lines: string[] = [];
  await start({ onLog: (line) => lines.push(line) });
  await campaign("spring", [1]);
  system.sandbox.scenario({ messagesBefore: [inbound(1, { unsigned: true })] });
  await watch();
  await isRead();
  expect(await answered([1])).toEqual([1]);
  expect(lines.filter((line) => line.includes("can't be told: the other member counts"))).toHaveLength(1);
});

test("all pages that hold something new are read, one read at a time, and no more than they", async () => {
  await start({ workers: 3 });
  await campaign("spring", []);
  const atMs = fromNow(0).getTime();
  const people = Array.from({ length: 35 }, (_, number) => number);
  const messagesBefore = people.map((number) => inbound(number, { atMs: number < 24 ? atMs : atMs - 86_400_000 }));
  system.sandbox.scenario({ messagesBefore });
  await watch();
  await isRead();
  expect(await answered(people)).toEqual(people.slice(0, 24));
  expect(calls("message.inbox")).toBe(4);
  await readAgain();
  expect(calls("message.inbox")).toBeGreaterThan(4);
});

test("a read that fails is no answer: nothing is read while no campaign asks for it, and the reading begins anew", async () => {
  await start({ settings: { maxAttempts: 1 } });
  await campaign("spring", [1], { stopOnReply: false });
  await watch();
  system.sandbox.scenario({ messagesBefore: [inbound(1)], next: [{ status: 500, operation: "message.inbox", times: 1 }] });
  await campaign("autumn", [1]);
  await waitFor(() => system.outcomes.some(({ operation, status }) => operation === "message.inbox" && status === "failed"), {
    what: "a failed read",
  });
  expect((await account())?.inboxReadAt).toBeNull();
  expect((await account())?.inboxWaitsSince).not.toBeNull();
  expect(await answered([1])).toEqual([]);
  await readAgain();
  expect((await account())?.inboxWaitsSince).toBeNull();
});

test("a read that was never answered is made again by the same job, and what it finds is told of", async () => {
  await start({ settings: { timeoutMs: 500 } });
  await campaign("spring", [1]);
  system.sandbox.scenario({ messagesBefore: [inbound(1)], next: [{ status: "hang", operation: "message.inbox", times: 1 }] });
  await watch();
  await isRead();
  expect(await answered([1])).toEqual([1]);
  await waitFor(() => system.outcomes.some(({ operation }) => operation === "message.inbox"), { what: "the read's outcome" });
  const reads = system.outcomes.filter(({ operation }) => operation === "message.inbox");
  expect(reads).toMatchObject([{ status: "succeeded", calls: 2, credits: { charged: 1, uncertain: 1 } }]);
});
