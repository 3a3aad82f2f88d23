/** Caps against the sandbox: whatever way a job comes, it counts once, and no way passes the cap. */
import { PRIORITIES } from "@linkup-queue/contracts";
import { CampaignDefinition, defineSchedule, ScheduleRequest } from "@linkup-queue/queue";
import { waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { type System, startSystem } from "./fixture.ts";

let system: System;
afterEach(async () => system.close());

const person = (number: number) => `https://www.linkedin.com/in/person-${number}`;
const invitation = (number: number) => ({ operation: "invitation.send", accountId: "ada", input: { linkedin_url: person(number) } });

async function start(perDay: number, workers = 1): Promise<void> {
  system = await startSystem({ workers, settings: { rateLimit: 100_000, maxAttempts: 1 }, scenario: { limit: null } });
  await system.activeAccounts(["ada"]);
  await system.engine.accounts.register("ada", { ...LOGIN, maxInFlight: 20, policy: { caps: { invite: { perDay } } } });
}
const LOGIN = { email: "ada@example.com", password: "secret-of-ada" };

const sent = () => system.sandbox.journal().filter(({ operation }) => operation === "invitation.send").length;
const used = async () => (await system.engine.accounts.rulesOf("ada")).caps.map((use) => use.used);
/** No job is on its way to a call: all that are left wait in their account's lane. */
const idle = () =>
  waitFor(() => system.queue("network").getJobCountByTypes("waiting", "prioritized", "active"), {
    what: "all jobs to wait for the cap",
    until: (seen) => seen === 0,
  });
const parkedAre = (count: number) =>
  waitFor(async () => (await system.engine.accounts.read("ada"))?.parked, {
    what: `${count} jobs to wait`,
    until: (seen) => seen === count,
  });

test("single jobs, a batch, a campaign, a schedule, a re-drive and plain BullMQ share one count, and the next waits whatever way it comes", async () => {
  await start(6);
  const { jobs, campaigns, schedules } = system.engine;
  // Plain BullMQ, of which one fails after LinkedIn saw it.
  system.sandbox.scenario({ next: [{ status: 404, operation: "invitation.send" }] });
  const [failed = ""] = await system.add("network", [
    { name: "invitation.send", data: { accountId: "ada", input: { linkedin_url: person(1) } } },
  ]);
  await system.outcomesArrive(1);
  expect(await used()).toEqual([1]);
  expect(await jobs.redrives.redrive("network", failed, { maySendTwice: false })).toMatchObject({ kind: "redriven" });
  await system.outcomesArrive(2);
  // A single job and two of a batch, by the door.
  const doorJob = (number: number) => ({
    ...({ queue: "network", operation: "invitation.send", priority: PRIORITIES.normal, runAtMs: null, key: null } as const),
    data: { v: 1, accountId: "ada", input: { linkedin_url: person(number) }, onUnknown: "report" } as const,
  });
  await jobs.door.add([doorJob(2)]);
  await jobs.door.add([doorJob(3), doorJob(4)]);
  await system.outcomesArrive(5);
  // A campaign.
  const definition = { name: "Spring", operation: "invitation.send", accountIds: ["ada"], input: { linkedin_url: "{{linkedin_url}}" } };
  await campaigns.create("spring", CampaignDefinition.parse(definition));
  const recipients = [10, 11, 12].map((number) => ({ id: person(number), fields: { linkedin_url: person(number) } }));
  await campaigns.accept("spring", { accountIds: ["ada"], recipients });
  await campaigns.change("spring", "start");
  await system.outcomesArrive(6);
  // A schedule, whose tick waits beside those of the campaign that were fed.
  await schedules.put("s1", defineSchedule(ScheduleRequest.parse({ everyMs: 1_000, job: invitation(20) })));
  await waitFor(async () => (await schedules.read("s1"))?.lastJob, { what: "a tick", until: (job) => job != null });
  await idle();
  await schedules.remove("s1");
  expect([sent(), await used()]).toEqual([6, [6]]);
  // A raised cap lets one more go, and that is all.
  await system.engine.accounts.register("ada", { ...LOGIN, policy: { caps: { invite: { perDay: 7 } } } });
  await system.outcomesArrive(7);
  await idle();
  expect([sent(), await used()]).toEqual([7, [7]]);
});

test("fifty jobs at one below the cap over four workers are one send", async () => {
  await start(1, 4);
  await system.add(
    "network",
    Array.from({ length: 50 }, (_, number) => ({
      name: "invitation.send",
      data: { accountId: "ada", input: { linkedin_url: person(number) } },
    })),
  );
  await system.outcomesArrive(1);
  await parkedAre(49);
  expect([sent(), await used()]).toEqual([1, [1]]);
  expect(system.outcomes).toMatchObject([{ status: "succeeded", calls: 1 }]);
});
