/** The life of a job against the sandbox: every way it can end, what each costs, and that ledger and meter agree on it. */
import { randomUUID } from "node:crypto";
import type { Outcome, OutcomeCode, WorkerSettings } from "@linkup-queue/contracts";
import type { ScenarioPatch } from "@linkup-queue/sandbox";
import { freePort, fromNow, waitFor } from "@linkup-queue/testkit";
import { afterEach, describe, expect, test } from "vitest";
import { expectAgreement } from "./expect-agreement.ts";
import { message, type NewJob, type System, scrape, startSystem } from "./fixture.ts";

let system: System;
afterEach(async () => system.close());

type Ended = Pick<Outcome, "status" | "code" | "httpStatus" | "calls"> & Outcome["credits"];
function ended(outcome: Outcome | undefined): Ended | null {
  if (outcome === undefined) return null;
  const { status, code, httpStatus, calls, credits } = outcome;
  return { status, code, httpStatus, calls, ...credits };
}

test("a message goes out once and its outcome arrives with what it cost", async () => {
  system = await startSystem();
  await system.account("ada");
  const [jobId] = await system.add("messages", [message("ada", 1)]);
  const [outcome] = await system.outcomesArrive(1);
  expect(outcome).toMatchObject({
    status: "succeeded",
    code: null,
    jobId,
    queue: "messages",
    operation: "message.send",
    accountId: "ada",
    calls: 1,
    credits: { charged: 1, uncertain: 0 },
  });
  const summary = system.sandbox.summary();
  expect(summary.effects.done).toBe(1);
  expect(summary.credits.charged).toBe(2);
  await expectAgreement(system);
});

describe("a job that is wrong in itself ends invalid_input, free, and names what is wrong without repeating it", () => {
  const SECRET = "AQED-somebody-pasted-a-token";
  const input = { linkedin_url: "https://www.linkedin.com/in/x", message_text: "Hi" };
  const rows: { what: string; job: NewJob; names: string }[] = [
    { what: "data that is no object", job: { name: "message.send", data: "send it" }, names: "data" },
    {
      what: "half a character in a name",
      job: { name: "message.send", data: { accountId: "ada", input, campaignId: "\ud800" } },
      names: "campaignId",
    },
    { what: "no data at all", job: { name: "message.send", data: null }, names: "data" },
    {
      what: "a field of the wrong type",
      job: { name: "message.send", data: { accountId: "ada", input: { ...input, message_text: 7 } } },
      names: "input.message_text",
    },
    {
      what: "a missing field",
      job: { name: "message.send", data: { accountId: "ada", input: { message_text: "Hi" } } },
      names: "input.linkedin_url",
    },
    { what: "an unknown field", job: { name: "message.send", data: { accountId: "ada", input, colour: "blue" } }, names: "colour" },
    { what: "an unknown operation", job: { name: "message.sing", data: { accountId: "ada", input } }, names: "operation" },
    {
      what: "an operation of another queue",
      job: { name: "profile.scrape", data: { accountId: "ada", input: { linkedin_url: input.linkedin_url } } },
      names: "profiles",
    },
    {
      what: "a secret in its input",
      job: { name: "message.send", data: { accountId: "ada", input: { ...input, login_token: SECRET } } },
      names: "input",
    },
  ];

  test("in every such way, while good jobs go on", async () => {
    system = await startSystem();
    await system.activeAccounts(["ada"]);
    const ids = await system.add("messages", [...rows.map(({ job }) => job), message("ada", 1)]);
    await system.outcomesArrive(rows.length + 1);
    for (const [index, { what, names }] of rows.entries()) {
      const outcome = system.outcomes.find(({ jobId }) => jobId === ids[index]);
      expect(ended(outcome), what).toEqual({
        status: "failed",
        code: "invalid_input",
        httpStatus: null,
        calls: 0,
        charged: 0,
        uncertain: 0,
      });
      expect(outcome?.message, what).toContain(names);
      expect(JSON.stringify(outcome), what).not.toContain(SECRET);
    }
    expect(system.outcomes.filter(({ status }) => status === "succeeded")).toHaveLength(1);
    expect(system.sandbox.summary().byOperation).toEqual({ "auth.login": 1, "message.send": 1 });
    await expectAgreement(system);
  });
});

describe("one call, one answer", () => {
  type Row = {
    answer: string;
    next: NonNullable<ScenarioPatch["next"]>[number];
    scenario?: ScenarioPatch;
    ends: Ended;
    /** Credits that the sandbox charged for the job. */
    metered: number;
  };
  const failed = (code: OutcomeCode, httpStatus: number) =>
    ({ status: "failed", code, httpStatus, calls: 1, charged: 1, uncertain: 0 }) as const;
  const unknown = (code: OutcomeCode, httpStatus: number | null) =>
    ({ status: "unknown", code, httpStatus, calls: 1, charged: 0, uncertain: 1 }) as const;
  const rows: Row[] = [
    { answer: "400", next: { status: 400 }, ends: failed("invalid_request", 400), metered: 1 },
    { answer: "422", next: { status: 422 }, ends: failed("invalid_request", 422), metered: 1 },
    {
      answer: "400 in mid-action",
      next: { status: 400, message: "Error while sending message" },
      ends: { ...failed("action_failed", 400), status: "unknown" },
      metered: 1,
    },
    {
      answer: "403 for another reason than the token",
      next: { status: 403, message: "Access denied" },
      ends: failed("forbidden", 403),
      metered: 1,
    },
    { answer: "404", next: { status: 404 }, ends: failed("not_found", 404), metered: 1 },
    { answer: "200 with an error in its body", next: { status: "error-in-200" }, ends: failed("invalid_request", 200), metered: 1 },
    { answer: "502 before the effect", next: { status: 502 }, ends: unknown("bad_response", 502), metered: 1 },
    { answer: "503 after the effect", next: { status: 503, when: "after" }, ends: unknown("bad_response", 503), metered: 1 },
    { answer: "504", next: { status: 504 }, ends: unknown("bad_response", 504), metered: 1 },
    { answer: "a body that is not JSON", next: { status: "unreadable" }, ends: unknown("bad_response", 200), metered: 1 },
    { answer: "a body that ends in the middle", next: { status: "truncated" }, ends: unknown("bad_response", 200), metered: 1 },
    { answer: "a body without end", next: { status: "oversized" }, ends: unknown("bad_response", 200), metered: 1 },
    { answer: "a reset before the effect", next: { status: "reset", when: "before" }, ends: unknown("bad_response", null), metered: 0 },
    { answer: "a reset after the effect", next: { status: "reset", when: "after" }, ends: unknown("bad_response", null), metered: 1 },
    { answer: "no answer, nothing done", next: { status: "hang", when: "before" }, ends: unknown("timed_out", null), metered: 0 },
    { answer: "no answer, though done", next: { status: "hang", when: "after" }, ends: unknown("timed_out", null), metered: 1 },
    { answer: "an answer that drips past the deadline", next: { status: "drip" }, ends: unknown("timed_out", 200), metered: 1 },
  ];

  test.each(rows)("$answer: the message ends $ends.status, $ends.code, and is not sent again", async ({ next, ends, metered }: Row) => {
    // An answer that comes is read to its end, however busy the machine is.
    const timeoutMs = ends.code === "timed_out" ? 1_000 : 20_000;
    system = await startSystem({ settings: { timeoutMs }, scenario: { next: [{ ...next, operation: "message.send" }] } });
    await system.activeAccounts(["ada"]);
    await system.add("messages", [message("ada", 1)]);
    const [outcome] = await system.outcomesArrive(1);
    expect(ended(outcome)).toEqual(ends);
    expect(outcome?.output).toBeNull();
    const summary = system.sandbox.summary();
    expect(summary.byOperation["message.send"]).toBe(1);
    expect(summary.credits.charged).toBe(metered + 1);
    // The account's place is free again: its next message goes out.
    await system.add("messages", [message("ada", 2)]);
    await system.outcomesArrive(2);
    expect(system.outcomes[1]).toMatchObject({ status: "succeeded", calls: 1 });
    await expectAgreement(system);
  });
});

test("500s are free and tried again until it works", async () => {
  system = await startSystem({ scenario: { next: [{ status: 500, operation: "message.send", times: 3 }] } });
  await system.account("ada");
  await system.add("messages", [message("ada", 1)]);
  await system.outcomesArrive(1);
  expect(ended(system.outcomes[0])).toEqual({ status: "succeeded", code: null, httpStatus: 200, calls: 4, charged: 1, uncertain: 0 });
  await expectAgreement(system);
});

test("500s beyond the attempts end the job server_error, and cost nothing", async () => {
  system = await startSystem({ settings: { maxAttempts: 3 }, scenario: { next: [{ status: 500, operation: "message.send", times: 9 }] } });
  await system.account("ada");
  await system.add("messages", [message("ada", 1)]);
  await system.outcomesArrive(1);
  expect(ended(system.outcomes[0])).toEqual({
    status: "failed",
    code: "server_error",
    httpStatus: 500,
    calls: 3,
    charged: 0,
    uncertain: 0,
  });
  await expectAgreement(system);
});

test("with LINKUP_RETRY_WRITES_ON_500=false a write whose 500 came after the effect is unknown and never doubled, and a read is tried again", async () => {
  const next = [
    { status: 500, when: "after", operation: "message.send", times: 5 },
    { status: 500, operation: "profile.scrape", times: 2 },
  ] satisfies ScenarioPatch["next"];
  system = await startSystem({ settings: { retryWritesOn500: false }, scenario: { next } });
  await system.account("ada");
  await system.add(
    "messages",
    [1, 2, 3, 4, 5].map((number) => message("ada", number)),
  );
  await system.add("profiles", [scrape("ada", 1)]);
  await system.outcomesArrive(6);
  const sent = system.outcomes.filter(({ queue }) => queue === "messages");
  expect(sent.map(ended)).toEqual(
    sent.map(() => ({ status: "unknown", code: "server_error", httpStatus: 500, calls: 1, charged: 0, uncertain: 0 })),
  );
  expect(system.outcomes.find(({ queue }) => queue === "profiles")).toMatchObject({ status: "succeeded", calls: 3 });
  expect(system.sandbox.summary().effects.done).toBe(5);
  await expectAgreement(system);
});

test("a provider that does not listen costs nothing: connection_failed after the attempts", async () => {
  const port = await freePort();
  const settings: Partial<WorkerSettings> = { baseUrl: `http://127.0.0.1:${port}`, maxAttempts: 3 };
  system = await startSystem({ settings });
  await system.account("ada", { loginToken: "AQED-brought-along" });
  await system.add("messages", [message("ada", 1)]);
  await system.outcomesArrive(1);
  expect(ended(system.outcomes[0])).toEqual({
    status: "failed",
    code: "connection_failed",
    httpStatus: null,
    calls: 0,
    charged: 0,
    uncertain: 0,
  });
  await expectAgreement(system);
});

test("a read that asked for it runs again after an unknown end, and pays for what may have been paid", async () => {
  system = await startSystem({ scenario: { next: [{ status: 502, operation: "profile.scrape", times: 2 }] } });
  await system.account("ada");
  await system.add("profiles", [scrape("ada", 1, { onUnknown: "rerun" })]);
  await system.outcomesArrive(1);
  expect(ended(system.outcomes[0])).toEqual({ status: "succeeded", code: null, httpStatus: 200, calls: 3, charged: 1, uncertain: 2 });
  await expectAgreement(system);
});

test("a write that asks to run again after an unknown end is refused, free", async () => {
  system = await startSystem();
  const job = message("ada", 1);
  await system.add("messages", [{ ...job, data: { ...Object(job.data), onUnknown: "rerun" } }]);
  await system.outcomesArrive(1);
  expect(system.outcomes[0]).toMatchObject({ status: "failed", code: "invalid_input", calls: 0 });
  expect(system.sandbox.summary().requests).toBe(0);
});

test("a job whose expiresAt has passed is cancelled, unsent", async () => {
  system = await startSystem();
  await system.activeAccounts(["ada"]);
  await system.add("messages", [message("ada", 1, { expiresAt: fromNow(-1_000).toISOString() })]);
  await system.outcomesArrive(1);
  expect(ended(system.outcomes[0])).toEqual({ status: "cancelled", code: "expired", httpStatus: null, calls: 0, charged: 0, uncertain: 0 });
  await expectAgreement(system);
});

test("a job that expires while it is held for its account is cancelled then, and the account's others go on later", async () => {
  system = await startSystem({ scenario: { codeRequired: ["ada@example.com"] } });
  await system.account("ada");
  await system.accountIs("ada", "awaiting_code");
  const expiresAt = fromNow(700).toISOString();
  await system.add("messages", [message("ada", 1, { expiresAt }), message("ada", 2)]);
  await system.outcomesArrive(1);
  expect(ended(system.outcomes[0])).toEqual({ status: "cancelled", code: "expired", httpStatus: null, calls: 0, charged: 0, uncertain: 0 });
  expect(system.outcomes[0]?.finishedAt.localeCompare(expiresAt)).toBeGreaterThanOrEqual(0);
  const need = await system.engine.accounts.giveCode("ada", "123456");
  await system.engine.authJobs.add(need);
  await system.outcomesArrive(2);
  expect(system.outcomes[1]).toMatchObject({ status: "succeeded", calls: 1 });
  await expectAgreement(system);
});

test("a plain job whose producer put nonsense for its time gets its outcome, as any other", async () => {
  system = await startSystem();
  await system.activeAccounts(["ada"]);
  const times = [9e15, 1e17, -5, 1.5];
  const jobs = times.map((timestamp, n) => message("ada", n, { opts: { timestamp, ...(n % 2 === 0 ? {} : { jobId: `named-${n}` }) } }));
  await system.add("messages", [...jobs, { name: "message.send", data: "nonsense", opts: { timestamp: 9e15 } }]);
  await system.outcomesArrive(5);
  expect(system.outcomes.map(({ status }) => status).sort()).toEqual(["failed", "succeeded", "succeeded", "succeeded", "succeeded"]);
  expect(system.outcomes.every(({ enqueuedAt }) => !Number.isNaN(Date.parse(enqueuedAt)))).toBe(true);
  await expectAgreement(system);
});

test("an id that was used calls nothing again and gives no second outcome, also when BullMQ has forgotten the job", async () => {
  system = await startSystem();
  await system.account("ada");
  const jobId = `order-${randomUUID()}`;
  await system.add("messages", [message("ada", 1, { opts: { jobId } })]);
  await system.outcomesArrive(1);
  const queue = system.queue("messages");
  // Completing is BullMQ's, and comes after the outcome.
  await waitFor(() => queue.getJobState(jobId), { what: "BullMQ to complete the job", until: (seen) => seen === "completed" });
  await system.add("messages", [message("ada", 1, { opts: { jobId } })]);
  await queue.remove(jobId);
  await system.add("messages", [message("ada", 1, { opts: { jobId } }), message("ada", 2)]);
  await system.outcomesArrive(2);
  await waitFor(() => queue.getJobState(jobId), { what: "BullMQ to complete it again", until: (seen) => seen === "completed" });
  expect(system.outcomes.map(({ jobId: id }) => id === jobId)).toEqual([true, false]);
  expect(system.sandbox.summary().byOperation["message.send"]).toBe(2);
  await expectAgreement(system);
});

test("a job whose data is no JSON at all ends invalid_input, free, and the jobs behind it go on", async () => {
  system = await startSystem({ workers: 0 });
  const [broken = ""] = await system.add("messages", [message("ada", 1), message("ada", 2)]);
  // As a producer in another language writes it, whose JSON knows NaN.
  await system.engine.scripts.client.hset(system.queue("messages").toKey(broken), "data", '{"accountId": "ada", "input": NaN}');
  await system.account("ada");
  await system.startWorker();
  await system.outcomesArrive(2);
  const of = (status: string) => system.outcomes.filter((outcome) => outcome.status === status);
  expect(of("failed")).toMatchObject([{ jobId: broken, code: "invalid_input", calls: 0, credits: { charged: 0, uncertain: 0 } }]);
  expect(of("failed")[0]?.message).toContain("data: ");
  expect(of("succeeded")).toHaveLength(1);
  await expectAgreement(system);
});

test("one id names one job in each queue", async () => {
  system = await startSystem();
  await system.account("ada");
  await system.add("messages", [message("ada", 1, { opts: { jobId: "same" } })]);
  await system.add("profiles", [scrape("ada", 1, { opts: { jobId: "same" } })]);
  await system.outcomesArrive(2);
  expect(system.outcomes.map(({ status }) => status)).toEqual(["succeeded", "succeeded"]);
  await expectAgreement(system);
});

test("jobs of a plain BullMQ producer, without a priority, run like any others", async () => {
  system = await startSystem();
  await system.account("ada");
  await system.account("bob");
  await system.add(
    "messages",
    Array.from({ length: 10 }, (_, n) => message(n % 2 ? "ada" : "bob", n)),
  );
  await system.outcomesArrive(10);
  expect(system.outcomes.every(({ status, calls }) => status === "succeeded" && calls === 1)).toBe(true);
  await expectAgreement(system);
});

test("an account's jobs leave by priority, urgent first, and by age within one priority", async () => {
  system = await startSystem();
  await system.activeAccounts(["ada"]);
  await system.engine.accounts.pause("ada");
  const order = [100, 10, 1, 100, 10, 1];
  await system.add(
    "messages",
    order.map((priority, index) => message("ada", index, { opts: { priority } })),
  );
  await waitFor(async () => (await system.engine.accounts.read("ada"))?.parked, {
    what: "all to be held",
    until: (seen) => seen === order.length,
  });
  await system.engine.accounts.resume("ada");
  await system.outcomesArrive(order.length);
  const sent = system.sandbox.journal().filter(({ operation }) => operation === "message.send");
  expect(sent.map(({ target }) => target?.split("-").at(-1))).toEqual(["2", "5", "1", "4", "0", "3"]);
  await expectAgreement(system);
});

test("ids above 2^53 reach the outcome digit by digit", async () => {
  system = await startSystem();
  await system.account("ada");
  await system.add("network", [{ name: "invitation.list", data: { accountId: "ada", input: {} } }]);
  await system.outcomesArrive(1);
  const output = system.outcomes[0]?.output;
  const ids = [...JSON.stringify(output).matchAll(/"invitation_id":("?)(\d+)\1/g)];
  expect(ids.length).toBeGreaterThan(0);
  expect(ids.some(([, quote]) => quote === '"')).toBe(true);
  for (const [, , digits = ""] of ids) {
    // The sandbox's urn carries the same digits as text.
    expect(JSON.stringify(output)).toContain(`:${digits}"`);
    expect(Number(digits) > Number.MAX_SAFE_INTEGER).toBe(true);
  }
  await expectAgreement(system);
});
