/** The service itself refuses: its end, a moved path, a gateway that says no. A backlog must not be spent on it, and nothing of it be lost. */
import { OPERATIONS } from "@linkup-queue/contracts";
import type { ScenarioPatch } from "@linkup-queue/sandbox";
import { waitFor } from "@linkup-queue/testkit";
import { afterEach, describe, expect, test } from "vitest";
import { expectAgreement } from "./expect-agreement.ts";
import { message, type NewJob, type System, scrape, startSystem } from "./fixture.ts";

let system: System;
afterEach(async () => system.close());

const ACCOUNTS = Array.from({ length: 12 }, (_, n) => `acc-${n}`);
const EVERY_CALL = Object.keys(OPERATIONS);
/** Everything but log-ins is answered so. */
const answersAll = (status: number, body: string | Record<string, string>): ScenarioPatch => ({
  failEvery: { n: 1, status, body },
  faultOperations: EVERY_CALL,
});
const WELL: ScenarioPatch = { failEvery: null, faultOperations: null };

/** 300 jobs of four operations in three queues. */
function backlog(count = 300): { queue: string; job: NewJob }[] {
  return Array.from({ length: count }, (_, n) => {
    const account = ACCOUNTS[n % ACCOUNTS.length] ?? "";
    const input = { linkedin_url: `https://www.linkedin.com/in/person-${n}` };
    switch (n % 4) {
      case 0:
        return { queue: "messages", job: message(account, n) };
      case 1:
        return { queue: "profiles", job: scrape(account, n) };
      case 2:
        return { queue: "network", job: { name: "invitation.send", data: { accountId: account, input } } };
      default:
        return { queue: "network", job: { name: "invitation.status", data: { accountId: account, input } } };
    }
  });
}
async function add(jobs: readonly { queue: string; job: NewJob }[]): Promise<void> {
  for (const [queue, ofQueue] of Map.groupBy(jobs, (one) => one.queue)) {
    await system.add(
      queue,
      ofQueue.map(({ job }) => job),
    );
  }
}
const key = () => system.engine.keys.read();
const keyIs = (state: string) => waitFor(async () => (await key()).state === state, { what: `the key to be ${state}` });
const nothingIsOut = () => waitFor(async () => (await key()).openGrants === 0, { what: "all calls to be settled" });
const calls = () => system.sandbox.journal().filter(({ operation }) => operation?.startsWith("auth.") === false);

/** Calls that arrived after the first refusal had been answered. */
function callsAfterFirstRefusal(): number {
  const first = Math.min(...calls().flatMap(({ status, answeredMs }) => (Number(status) >= 400 ? [answeredMs ?? 0] : [])));
  return calls().filter(({ arrivalMs }) => arrivalMs > first).length;
}

describe("every path of LinkUp's answers", () => {
  test.each([
    { what: "a bare 404", status: 404, body: { detail: "Not Found" }, cause: "path-gone" },
    { what: "a 410 in its envelope", status: 410, body: { status: "error", message: "V1 is no longer available" }, cause: "service-ended" },
    {
      what: "a 403 in its envelope",
      status: 403,
      body: { status: "error", message: "V1 API is deprecated, use V2" },
      cause: "service-ended",
    },
    { what: "a page with 405", status: 405, body: "<html>Method Not Allowed</html>", cause: "path-gone" },
    { what: "nothing with 410", status: 410, body: "", cause: "path-gone" },
    { what: "an error in 200", status: 200, body: { status: "error", message: "API v1 is retired" }, cause: "service-ended" },
  ])(
    "$what: few calls are spent, no job of 300 ends, and all succeed when it is over",
    async ({ status, body, cause }) => {
      const lines: Record<string, unknown>[] = [];
      system = await startSystem({
        probeEveryMs: 1_500,
        settings: { rateLimit: 2_000 },
        scenario: { limit: 2_000, latencyMs: { min: 5, max: 60 } },
        onLog: (line) => lines.push(JSON.parse(line) as Record<string, unknown>),
      });
      await system.activeAccounts(ACCOUNTS);
      system.sandbox.scenario(answersAll(status, body));
      await add(backlog());
      await keyIs("stopped");
      await nothingIsOut();
      expect(await key()).toMatchObject({ reason: "service_refused" });
      const { brakes } = await key();
      expect(brakes.length).toBeGreaterThan(0);
      expect(brakes.every((brake) => brake.cause === cause)).toBe(true);
      // Calls that were out when the first refusal came, one for each account at most, and twenty.
      expect(callsAfterFirstRefusal()).toBeLessThanOrEqual(20);
      expect(calls().length).toBeLessThanOrEqual(ACCOUNTS.length + 20);
      expect(system.outcomes).toEqual([]);
      const ledger = await system.credits();
      expect(ledger.total).toMatchObject({ charged: system.sandbox.summary().credits.charged, uncertain: 0 });

      // One probe at a time, and it finds the service as it was.
      const before = calls().length;
      await waitFor(() => Promise.resolve(calls().length > before), { what: "a probe" });
      await nothingIsOut();
      expect(await key()).toMatchObject({ state: "stopped", reason: "service_refused" });

      system.sandbox.scenario(WELL);
      await system.outcomesArrive(300, 90_000);
      expect(system.outcomes.every((outcome) => outcome.status === "succeeded")).toBe(true);
      expect(await key()).toMatchObject({ state: "open", reason: "", brakes: [] });
      await expectAgreement(system);
      const told = (text: string) => lines.filter((line) => String(line["msg"]).includes(text));
      expect(told("the key is stopped")).toHaveLength(1);
      expect(told("the key is open")).toHaveLength(1);
      expect(told("it is braked").length).toBe(told("its brake is off").length);
      expect(told("it is braked").length).toBeLessThanOrEqual(8);
    },
    150_000,
  );
});

test("one operation that is gone stands still, told once, while others of the same accounts and the same queue go on", async () => {
  const lines: string[] = [];
  system = await startSystem({
    settings: { rateLimit: 20_000 },
    scenario: { limit: null, failEvery: { n: 1, status: 404, body: { detail: "Not Found" } }, faultOperations: ["profile.contact"] },
    onLog: (line) => lines.push(line),
  });
  await system.activeAccounts(ACCOUNTS.slice(0, 4));
  const gone = Array.from({ length: 10_000 }, (_, n): NewJob => {
    const input = { linkedin_url: `https://www.linkedin.com/in/gone-${n}` };
    // One account, so that its targets alone do not stop the key.
    return { name: "profile.contact", data: { accountId: "acc-0", input } };
  });
  await system.add("profiles", gone);
  await system.add(
    "profiles",
    Array.from({ length: 100 }, (_, n) => scrape(ACCOUNTS[n % 4] ?? "", n)),
  );
  await system.outcomesArrive(100, 60_000);
  expect(system.outcomes.every(({ operation, status }) => operation === "profile.scrape" && status === "succeeded")).toBe(true);
  expect(await key()).toMatchObject({ state: "open", brakes: [{ operation: "profile.contact", cause: "path-gone" }] });
  await waitFor(async () => (await key()).brakes[0]?.waiting === gone.length, { what: "all others to wait" });
  expect(calls().filter(({ operation }) => operation === "profile.contact").length).toBeLessThanOrEqual(8);
  expect(lines.filter((line) => line.includes("it is braked"))).toHaveLength(1);
});

test("a post that is no longer available brakes nothing and ends its job, in LinkUp's envelope or without", async () => {
  const text = "This post is no longer available";
  system = await startSystem({
    scenario: {
      next: [
        { status: 404, body: { status: "error", message: text }, operation: "post.reactions" },
        { status: 404, body: { detail: text }, operation: "post.reactions" },
      ],
    },
  });
  await system.activeAccounts(["acc-0"]);
  const input = (n: number) => ({
    post_url: `https://www.linkedin.com/feed/update/urn:li:activity:700000000000000000${n}`,
    total_results: 10,
  });
  await system.add(
    "posts",
    [1, 2, 3].map((n) => ({ name: "post.reactions", data: { accountId: "acc-0", input: input(n) } })),
  );
  await system.outcomesArrive(3);
  expect(system.outcomes.map(({ code, calls: made }) => [code, made])).toEqual([
    ["not_found", 1],
    ["not_found", 1],
    [null, 1],
  ]);
  expect(await key()).toMatchObject({ state: "open", brakes: [] });
  await expectAgreement(system);
});

test("one bare 404 between successes costs two calls of its own, and none of anybody else's", async () => {
  system = await startSystem();
  await system.activeAccounts(ACCOUNTS.slice(0, 3));
  const logins = system.sandbox.summary().credits.charged;
  // Only this account's job is refused, as if its person were gone.
  const refuse = { status: 404, body: { detail: "Not Found" }, operation: "profile.scrape", email: "acc-0@example.com", times: 2 };
  system.sandbox.scenario({ next: [refuse] });
  await system.add("profiles", [scrape("acc-0", 1_000)]);
  await waitFor(async () => (await key()).brakes.length === 1, { what: "the brake" });
  await system.add(
    "profiles",
    Array.from({ length: 20 }, (_, n) => scrape(ACCOUNTS[1 + (n % 2)] ?? "", n)),
  );
  await system.outcomesArrive(21);
  const ended = system.outcomes.filter(({ status }) => status !== "succeeded");
  expect(ended).toMatchObject([
    { accountId: "acc-0", status: "failed", code: "not_found", calls: 2, credits: { charged: 2, uncertain: 0 } },
  ]);
  expect(system.sandbox.summary().credits.charged - logins).toBe(22);
  expect(await key()).toMatchObject({ state: "open", brakes: [] });
  await expectAgreement(system);
});

test("accounts that log in well meanwhile let nothing more be spent", async () => {
  const MANY = Array.from({ length: 40 }, (_, n) => `late-${n}`);
  system = await startSystem({
    workers: 0,
    settings: { rateLimit: 2_000 },
    scenario: { limit: 2_000, latencyMs: { min: 5, max: 300 }, ...answersAll(404, { detail: "Not Found" }) },
  });
  await Promise.all(MANY.map((id) => system.account(id)));
  await add(
    backlog().map(({ queue, job }, n) => {
      const data = { ...(job.data as object), accountId: MANY[n % MANY.length] };
      return { queue, job: { ...job, data } };
    }),
  );
  await system.startWorker();
  await keyIs("stopped");
  await nothingIsOut();
  expect(callsAfterFirstRefusal()).toBeLessThanOrEqual(20);
  expect(system.sandbox.summary().byStatus["200"]).toBeGreaterThan(0);
  expect(system.outcomes).toEqual([]);
  // Waiting jobs go on when it is over, log-ins that the stop held back included.
  system.sandbox.scenario(WELL);
  await system.engine.keys.resume();
  await system.outcomesArrive(300, 90_000);
  expect(system.outcomes.every(({ status }) => status === "succeeded")).toBe(true);
  await expectAgreement(system);
}, 150_000);

test("log-ins that are answered a bare 404 leave their accounts as they are, and are made when it is over", async () => {
  system = await startSystem({
    probeEveryMs: 1_500,
    scenario: { failEvery: { n: 1, status: 404, body: { detail: "Not Found" } }, faultOperations: ["auth.login"] },
  });
  await Promise.all(ACCOUNTS.map((id) => system.account(id)));
  await keyIs("stopped");
  await nothingIsOut();
  expect(system.sandbox.summary().requests).toBeLessThanOrEqual(20);
  for (const { state } of await system.engine.accounts.list({ limit: 100 })) expect(state).toBe("refreshing");
  system.sandbox.scenario(WELL);
  await Promise.all(ACCOUNTS.map((id) => system.accountIs(id, "active")));
  await add(backlog(24));
  await system.outcomesArrive(24);
  await expectAgreement(system);
});
