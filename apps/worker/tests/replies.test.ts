/** Stop on reply against the sandbox: a campaign that is under way, a reply that is told a moment before a send, and what the campaign shows. */
import { personKey } from "@linkup-queue/contracts";
import { CampaignDefinition } from "@linkup-queue/queue";
import { fromNow, waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { type System, startSystem } from "./fixture.ts";

let system: System;
afterEach(async () => system.close());

const person = (number: number) => `https://www.linkedin.com/in/person-${number}`;
const sent = () => system.sandbox.journal().filter(({ operation }) => operation === "message.send").length;

test("people who answer while a campaign is under way are written to no more, whoever is not sent yet, and the campaign counts them", async () => {
  system = await startSystem({ workers: 4, settings: { rateLimit: 100_000, maxAttempts: 5 }, scenario: { limit: null } });
  await system.activeAccounts(["ada", "bob"]);
  const { campaigns, people } = system.engine;
  const definition = {
    name: "Spring",
    operation: "message.send",
    accountIds: ["ada", "bob"],
    input: { linkedin_url: "{{linkedin_url}}", message_text: "Hello" },
    stopOnReply: true,
  };
  await campaigns.create("spring", CampaignDefinition.parse(definition));
  const numbers = Array.from({ length: 80 }, (_, at) => at);
  const recipients = numbers.map((number) => ({ id: `crm-${number}`, fields: { linkedin_url: person(number) } }));
  await campaigns.accept("spring", { accountIds: ["ada", "bob"], recipients });
  await campaigns.change("spring", "start", { allowDoubtfulText: true });
  await waitFor(() => sent(), { what: "some to be sent", until: (count) => count > 3 });
  // Half of them answer, while some of their calls wait for their marks, some for their turn, and some are not fed.
  for (const number of numbers.filter((one) => one % 2 === 1)) await people.replies.put({ address: person(number) });
  await people.stoppedJobs.end(
    "replied",
    numbers.map((number) => personKey(person(number))),
  );
  const afterMs = fromNow(0).getTime();
  await system.outcomesArrive(80);
  const stopped = system.outcomes.filter(({ code }) => code === "replied");
  const succeeded = system.outcomes.filter(({ status }) => status === "succeeded");
  expect(sent()).toBe(succeeded.length);
  expect(stopped.length).toBeGreaterThan(0);
  expect(stopped.length + succeeded.length).toBe(80);
  // Nobody was stopped for nothing.
  expect(stopped.filter(({ recipientId }) => Number(recipientId?.slice(4)) % 2 === 0)).toEqual([]);
  // Whoever answered and was reached nevertheless was so before it was told.
  const late = succeeded.filter(
    ({ recipientId, startedAt }) => Number(recipientId?.slice(4)) % 2 === 1 && Date.parse(startedAt ?? "") > afterMs,
  );
  expect(late).toEqual([]);
  expect(new Set(stopped.map(({ status, calls, credits }) => `${status} ${calls} ${credits.charged}`))).toEqual(new Set(["cancelled 0 0"]));
  const campaign = await campaigns.read("spring");
  expect(campaign?.byCode).toEqual({ replied: stopped.length });
  expect(campaign?.byStatus).toEqual({ succeeded: succeeded.length, cancelled: stopped.length });
  const listed = campaign && (await system.engine.recipients(campaign, { state: "cancelled", limit: 100 }));
  expect(JSON.stringify(listed).split('"replied"').length - 1).toBe(stopped.length);
});
