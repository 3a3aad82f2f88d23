/** Sequences against the sandbox: steps follow each other through real workers, in turn, each once, and outcomes say which step they are of. */
import { definitionOf } from "@linkup-queue/queue";
import { waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { type System, startSystem } from "./fixture.ts";

let system: System;
afterEach(async () => system.close());

const person = (number: number) => `https://www.linkedin.com/in/person-${number}`;
const to = { linkedin_url: "{{linkedin_url}}" };
/** A second or two. */
const SOON = [0.00001, 0.00002];

async function start(count: number, steps: readonly object[]): Promise<void> {
  const { campaigns } = system.engine;
  await campaigns.create("spring", definitionOf({ name: "Spring", accountIds: ["ada", "bob"], steps }));
  const recipients = Array.from({ length: count }, (_none, at) => ({ id: `crm-${at}`, fields: { linkedin_url: person(at) } }));
  await campaigns.accept("spring", { accountIds: ["ada", "bob"], recipients });
  await campaigns.change("spring", "start", { allowDoubtfulText: true });
}

const ended = () =>
  waitFor(() => system.engine.campaigns.read("spring"), { what: "the sequence to end", until: (campaign) => campaign?.state === "ended" });

test("each person is sent each step once, in turn, by one account, and each outcome has its step", async () => {
  system = await startSystem({ workers: 2, settings: { rateLimit: 100_000 }, scenario: { limit: null } });
  await system.activeAccounts(["ada", "bob"]);
  const message = { operation: "message.send", input: { ...to, message_text: "Hello" } };
  await start(12, [
    { operation: "profile.scrape", input: to },
    { ...message, afterDays: SOON },
    { ...message, afterDays: SOON },
  ]);
  const campaign = await ended();
  await system.outcomesArrive(36);
  expect(campaign).toMatchObject({ recipients: { accepted: 12, ended: 12, waiting: 0 }, byStatus: { succeeded: 36 } });
  expect(campaign?.steps).toEqual([1, 2, 3].map(() => ({ waiting: 0, byStatus: { succeeded: 12 } })));
  for (let at = 0; at < 12; at++) {
    const own = system.outcomes.filter(({ recipientId }) => recipientId === `crm-${at}`);
    const inOrder = own.toSorted((one, other) => Date.parse(one.startedAt ?? "") - Date.parse(other.startedAt ?? ""));
    expect(inOrder.map(({ step, operation }) => `${step} ${operation}`)).toEqual(["1 profile.scrape", "2 message.send", "3 message.send"]);
    expect(new Set(own.map(({ accountId }) => accountId)).size).toBe(1);
  }
  expect(system.sandbox.journal().filter(({ operation }) => operation === "message.send").length).toBe(24);
});

test("whoever accepted is written to once a look finds it, for a credit more", async () => {
  system = await startSystem({ settings: { rateLimit: 100_000 }, scenario: { limit: null, acceptedInvitations: [person(0)] } });
  await system.activeAccounts(["ada", "bob"]);
  const message = { operation: "message.send", input: { ...to, message_text: "Thank you" } };
  await start(1, [
    { operation: "invitation.send", input: to },
    { ...message, onlyIf: "accepted", afterDays: SOON },
  ]);
  const campaign = await ended();
  await system.outcomesArrive(3);
  expect(campaign).toMatchObject({ recipients: { ended: 1, waiting: 0 }, byStatus: { succeeded: 2 }, credits: { charged: 3 } });
  expect(system.outcomes.map(({ step, operation }) => `${step} ${operation}`).sort()).toEqual([
    "1 invitation.send",
    "2 invitation.status",
    "2 message.send",
  ]);
});

test("the look before a step sends nothing to whoever has no invitation any more, and has whoever did not accept wait on", async () => {
  system = await startSystem({ settings: { rateLimit: 100_000 }, scenario: { limit: null } });
  await system.activeAccounts(["ada", "bob"]);
  const message = { operation: "message.send", input: { ...to, message_text: "Thank you" }, onlyIf: "accepted", afterDays: SOON };
  await start(1, [{ operation: "profile.scrape", input: to }, message]);
  expect(await ended()).toMatchObject({ recipients: { ended: 1, waiting: 0 }, byStatus: { succeeded: 1 } });
  await system.engine.campaigns.create(
    "autumn",
    definitionOf({ name: "Autumn", accountIds: ["ada"], steps: [{ operation: "invitation.send", input: to }, message] }),
  );
  await system.engine.campaigns.accept("autumn", {
    accountIds: ["ada"],
    recipients: [{ id: "crm-9", fields: { linkedin_url: person(9) } }],
  });
  await system.engine.campaigns.change("autumn", "start", { allowDoubtfulText: true });
  await system.outcomesArrive(4);
  expect(await system.engine.campaigns.read("autumn")).toMatchObject({ state: "running", recipients: { waiting: 1, ended: 0 } });
  expect(system.sandbox.journal().filter(({ operation }) => operation === "message.send")).toEqual([]);
});
