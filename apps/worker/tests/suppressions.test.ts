/** Suppression against the sandbox: whatever way a job comes, nobody on the list is reached, and one who lands there a moment before the send is not either. */
import { PRIORITIES, personKey } from "@linkup-queue/contracts";
import { CampaignDefinition, defineSchedule, ScheduleRequest } from "@linkup-queue/queue";
import { waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { type System, startSystem } from "./fixture.ts";

let system: System;
afterEach(async () => system.close());

const person = (number: number) => `https://www.linkedin.com/in/person-${number}`;
const invitation = (number: number) => ({ operation: "invitation.send", accountId: "ada", input: { linkedin_url: person(number) } });
const suppress = async (...numbers: number[]) =>
  await system.engine.people.suppressions.put(
    numbers.map((number) => ({ people: [personKey(person(number))], scope: "all", reason: "objected", until: null })),
  );
const sent = () => system.sandbox.journal().filter(({ operation }) => operation === "invitation.send").length;

async function start({ workers = 1, maxAttempts = 1 } = {}): Promise<void> {
  system = await startSystem({ workers, settings: { rateLimit: 100_000, maxAttempts }, scenario: { limit: null } });
  await system.activeAccounts(["ada"]);
}

test("a single job, a batch, a campaign, a schedule, a re-drive and plain BullMQ end suppressed, free, and nobody is reached", async () => {
  await start();
  const { jobs, campaigns, schedules } = system.engine;
  system.sandbox.scenario({ next: [{ status: 404, operation: "invitation.send" }] });
  const plain = (number: number) => ({ name: "invitation.send", data: { accountId: "ada", input: { linkedin_url: person(number) } } });
  const [failed = ""] = await system.add("network", [plain(1)]);
  await system.outcomesArrive(1);
  expect(sent()).toBe(1);
  await suppress(1, 2, 3, 10, 20);
  expect(await jobs.redrives.redrive("network", failed, { maySendTwice: false })).toMatchObject({ kind: "redriven" });
  await system.add("network", [plain(2)]);
  const doorJob = (number: number) => ({
    ...({ queue: "network", operation: "invitation.send", priority: PRIORITIES.normal, runAtMs: null, key: null } as const),
    data: { v: 1, accountId: "ada", input: { linkedin_url: person(number) }, onUnknown: "report" } as const,
  });
  await jobs.door.add([doorJob(2)]);
  await jobs.door.add([doorJob(3), doorJob(2)]);
  await system.outcomesArrive(6);
  const definition = { name: "Spring", operation: "invitation.send", accountIds: ["ada"], input: { linkedin_url: "{{linkedin_url}}" } };
  await campaigns.create("spring", CampaignDefinition.parse(definition));
  const recipients = [10, 11].map((number) => ({ id: person(number), fields: { linkedin_url: person(number) } }));
  await campaigns.accept("spring", { accountIds: ["ada"], recipients });
  await campaigns.change("spring", "start");
  await system.outcomesArrive(8);
  await schedules.put("s1", defineSchedule(ScheduleRequest.parse({ everyMs: 1_000, job: invitation(20) })));
  await system.outcomesArrive(9);
  await schedules.remove("s1");
  // The one who is reached is person 11.
  expect(sent()).toBe(2);
  const ended = system.outcomes.filter(({ code }) => code === "suppressed");
  expect(ended.length).toBeGreaterThanOrEqual(7);
  expect(new Set(ended.map(({ status, calls, credits }) => `${status} ${calls} ${credits.charged}`))).toEqual(new Set(["cancelled 0 0"]));
  expect((await campaigns.read("spring"))?.byCode).toMatchObject({ suppressed: 1 });
});

test("someone who is put on the list while the call waits for its connection's mark is not reached", async () => {
  await start({ workers: 4, maxAttempts: 5 });
  // Half of them land on the list while all of them are under way.
  const numbers = Array.from({ length: 60 }, (_, at) => 100 + at);
  await system.engine.accounts.register("ada", { email: "ada@example.com", password: "secret-of-ada", maxInFlight: 20 });
  await system.add(
    "network",
    numbers.map((number) => ({ name: "invitation.send", data: { accountId: "ada", input: { linkedin_url: person(number) } } })),
  );
  await waitFor(() => sent(), { what: "some to be sent", until: (count) => count > 3 });
  await suppress(...numbers);
  await system.engine.people.stoppedJobs.end("suppressed");
  await system.outcomesArrive(60);
  const reached = system.outcomes.filter(({ status }) => status === "succeeded").length;
  expect(sent()).toBe(reached);
  expect(system.outcomes.filter(({ code }) => code === "suppressed")).toHaveLength(60 - reached);
});
