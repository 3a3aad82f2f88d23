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
