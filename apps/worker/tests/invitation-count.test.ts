/** The bounds of invitations against the sandbox: a reading's calls, what they cost and tell, and what waits for it. */
import { waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { type System, startSystem } from "./fixture.ts";

let system: System;
afterEach(async () => system.close());

const person = (number: number) => `https://www.linkedin.com/in/person-${number}`;
const LOGIN = { email: "ada@example.com", password: "secret-of-ada" };
const calls = (operation: string) => system.sandbox.journal().filter((entry) => entry.operation === operation).length;
const use = async () => (await system.engine.accounts.rulesOf("ada")).invitations;
const invite = (numbers: readonly number[]) =>
  system.add(
    "network",
    numbers.map((number) => ({ name: "invitation.send", data: { accountId: "ada", input: { linkedin_url: person(number) } } })),
  );
const bounds = (invitations: object) => system.engine.accounts.register("ada", { ...LOGIN, policy: { invitations } });

/** Waits until a reading that begins now is over. */
async function readNow(): Promise<void> {
  const { client, keys } = system.engine.scripts;
  const before = (await system.engine.accounts.read("ada"))?.invitationsReadAt;
  const again = async () => {
    await client.zadd(keys.counts, 0, "ada");
    await system.engine.people.invitations.addDue(() => 0);
    return (await system.engine.accounts.read("ada"))?.invitationsReadAt;
  };
  await waitFor(again, { what: "the invitations to be read", until: (at) => at !== before && at != null });
}

test("invitations wait, free, while LinkedIn has as many pending as may be, and go on once a later count finds fewer; a reading's outcome holds nothing of the list", async () => {
  system = await startSystem({ scenario: { limit: null, pendingBefore: 399 } });
  await system.activeAccounts(["ada"]);
  await bounds({ pendingMax: 400 });
  await readNow();
  expect(await use()).toMatchObject({ pending: { counted: 399, atMost: 399 }, acceptance: null, effect: "none" });
  await invite([1, 2]);
  await waitFor(async () => (await use())?.effect, { what: "the bound", until: (effect) => effect === "pending_max" });
  await waitFor(async () => (await system.engine.accounts.read("ada"))?.parked, { what: "one to wait", until: (parked) => parked === 1 });
  expect(calls("invitation.send")).toBe(1);
  system.sandbox.scenario({ acceptedInvitations: [person(1), person(2)] });
  await readNow();
  await waitFor(() => calls("invitation.send"), { what: "the other one", until: (sent) => sent === 2 });
  const reads = system.outcomes.filter(({ operation }) => operation === "invitation.sent");
  expect(reads.length).toBeGreaterThanOrEqual(2);
  for (const read of reads) expect(read).toMatchObject({ status: "succeeded", output: {}, credits: { charged: 1, uncertain: 0 } });
});

test("whoever was invited a week ago is looked at once; too few accepted stop invitations, and nothing else of the account", async () => {
  system = await startSystem({ scenario: { limit: null } });
  await system.activeAccounts(["ada"]);
  await bounds({ halveBelow: 20, stopBelow: 15 });
  const people = Array.from({ length: 20 }, (_, number) => number);
  await invite(people);
  const { client, keys } = system.engine.scripts;
  await waitFor(() => client.zcard(keys.invited("ada")), { what: "all to be remembered", until: (known) => known === 20 });
  system.sandbox.scenario({ acceptedInvitations: [person(1), person(2)] });
  // As if it were a week later.
  const sent = await client.zrange(keys.invited("ada"), "0", "-1", "WITHSCORES");
  for (let at = 0; at < sent.length; at += 2) await client.zadd(keys.invited("ada"), Number(sent[at + 1]) - 7 * 86_400_000, sent[at] ?? "");
  for (let reading = 0; reading < 7; reading++) await readNow();
  expect(await use()).toMatchObject({ acceptance: { accepted: 2, looked: 20 }, effect: "stopped" });
  expect(calls("invitation.status")).toBe(20);
  await invite([99]);
  await system.add("messages", [
    { name: "message.send", data: { accountId: "ada", input: { linkedin_url: person(1), message_text: "Hi" } } },
  ]);
  await waitFor(() => calls("message.send"), { what: "the message", until: (out) => out === 1 });
  expect(calls("invitation.send")).toBe(20);
  const statuses = system.outcomes.filter(({ operation }) => operation === "invitation.status");
  expect(JSON.stringify(statuses)).not.toContain("ACCEPTED");
});

test("an unanswered invitation is taken back once, by its exact id, after a look; one that was accepted meanwhile stays", async () => {
  system = await startSystem({ scenario: { limit: null } });
  await system.activeAccounts(["ada"]);
  await system.engine.accounts.register("ada", { ...LOGIN, autoWithdrawAfterDays: 21 });
  await invite([1, 2, 3]);
  const { client, keys } = system.engine.scripts;
  await waitFor(() => client.zcard(keys.unanswered("ada")), { what: "all to be remembered", until: (known) => known === 3 });
  // As if it were three weeks later, for two of them.
  for (const number of [1, 2]) await client.zincrby(keys.unanswered("ada"), -21 * 86_400_000, person(number));
  system.sandbox.scenario({ acceptedInvitations: [person(1)] });
  await readNow();
  const ends = system.outcomes.filter(({ operation }) => operation === "invitation.withdraw");
  expect(ends).toMatchObject([{ status: "succeeded", accountId: "ada", credits: { charged: 1 } }]);
  expect([calls("invitation.status"), calls("invitation.withdraw"), calls("invitation.sent")]).toEqual([2, 1, 0]);
  expect(await client.zrange(keys.unanswered("ada"), "0", "-1")).toEqual([person(3)]);
  await readNow();
  expect([calls("invitation.status"), calls("invitation.withdraw")]).toEqual([2, 1]);
});
