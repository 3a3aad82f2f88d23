/** Notes that are used up, against the sandbox: what LinkUp gets, and what the outcome, the account, the log and a webhook say of it. */
import { waitFor } from "@linkup-queue/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type BodyRecorder, startBodyRecorder } from "./body-recorder.ts";
import { type System, startSystem } from "./fixture.ts";
import { startReceiver } from "./webhook-receiver.ts";

let system: System;
let recorder: BodyRecorder;
const lines: string[] = [];
beforeEach(async () => {
  recorder = await startBodyRecorder();
});
afterEach(async () => {
  await system.close();
  await recorder.close();
  lines.length = 0;
});

const person = (number: number) => `https://www.linkedin.com/in/person-${number}`;
const invitation = (number: number) => ({
  name: "invitation.send",
  data: { accountId: "ada", input: { linkedin_url: person(number), message: `Hello ${number}` } },
});
const bodiesTo = (number: number) => recorder.bodies.filter((body) => body["linkedin_url"] === person(number) && body["message"] !== null);

async function start(note: "bare" | "skip"): Promise<void> {
  system = await startSystem({
    settings: { baseUrl: recorder.url, timeoutMs: 1_000 },
    scenario: { limit: null },
    onLog: (line) => lines.push(line),
  });
  recorder.target = system.sandbox.url;
  await system.account("ada", { loginToken: "token-of-ada", policy: { caps: { note: { perMonth: 1 } }, note } });
}

test("an invitation goes without its note once the notes are used up, and outcome, account, log and webhook say so", async () => {
  await start("bare");
  const receiver = await startReceiver();
  const { url, secret } = receiver;
  await system.engine.webhooks.put("all", { url, secret, events: ["account", "outcome"] });
  for (const number of [1, 2, 3]) {
    await system.add("network", [invitation(number)]);
    await system.outcomesArrive(number);
  }
  expect([1, 2, 3].map((number) => bodiesTo(number).map((body) => body["message"] ?? null))).toEqual([["Hello 1"], [null], [null]]);
  const [noted, bare] = system.outcomes;
  expect(noted).toMatchObject({ status: "succeeded", message: expect.not.stringContaining("note") });
  expect(noted).not.toHaveProperty("withoutNote");
  expect(bare).toMatchObject({
    ...{ status: "succeeded", calls: 1, withoutNote: true },
    message: expect.stringContaining("it went without its note, as the account's notes are used up"),
  });
  expect((await system.engine.accounts.read("ada"))?.withoutNote).toMatchObject({ count: 2 });
  expect(lines.filter((line) => line.includes("an account's notes are used up"))).toHaveLength(1);
  await waitFor(() => receiver.taken().length === 4, { what: "three outcomes and one event" });
  expect(receiver.taken().filter(({ type }) => type === "account.notes_used_up")).toMatchObject([{ data: { accountId: "ada" } }]);
  expect(receiver.taken()).toContainEqual(
    expect.objectContaining({ type: "outcome.succeeded", data: expect.objectContaining({ withoutNote: true }) }),
  );
  await receiver.close();
});

test("an invitation that went without its note and was never answered says so, too", async () => {
  await start("bare");
  await system.add("network", [invitation(1)]);
  await system.outcomesArrive(1);
  system.sandbox.scenario({ next: [{ status: "hang", operation: "invitation.send", times: 1 }] });
  await system.add("network", [invitation(2)]);
  const [, unknown] = await system.outcomesArrive(2);
  expect(unknown).toMatchObject({ status: "unknown", withoutNote: true, message: expect.stringContaining("without its note") });
});

test("an invitation with a note is skipped, free, once the notes are used up, and its outcome says so; others go on", async () => {
  await start("skip");
  await system.add("network", [invitation(1)]);
  await system.outcomesArrive(1);
  const bare = { name: "invitation.send", data: { accountId: "ada", input: { linkedin_url: person(3) } } };
  await system.add("network", [invitation(2), bare]);
  await system.outcomesArrive(3);
  const skipped = system.outcomes.find(({ code }) => code === "notes_used_up");
  expect(skipped).toMatchObject({ status: "cancelled", calls: 0, credits: { charged: 0, uncertain: 0 } });
  expect(skipped?.message).toContain("nothing was sent");
  expect([bodiesTo(2).length, bodiesTo(3).length]).toEqual([0, 1]);
});
