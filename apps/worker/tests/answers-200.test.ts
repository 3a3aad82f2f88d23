/** Answers with HTTP 200 that are no success, whatever their shape: what becomes of the job, what it costs, and that nothing is sent twice. */
import type { Fault, ScenarioPatch } from "@linkup-queue/sandbox";
import { waitFor } from "@linkup-queue/testkit";
import { afterEach, describe, expect, test } from "vitest";
import { expectAgreement } from "./expect-agreement.ts";
import { message, type NewJob, type System, scrape, startSystem } from "./fixture.ts";

let system: System;
afterEach(async () => system.close());

/** A system whose every call of an operation is answered so. */
async function startAnswering(operation: string, fault: Fault): Promise<void> {
  const windowMs = 1_000;
  const scenario: ScenarioPatch = { windowMs, failEvery: { n: 1, ...fault }, faultOperations: [operation] };
  system = await startSystem({ settings: { rateWindowMs: windowMs }, scenario });
  await system.activeAccounts(["ada"]);
}

const sends = () => system.sandbox.summary().byOperation["message.send"];

/** `when`: whether the sandbox sends the message before it answers so. A dead token's call is repeated, so there it must not have. */
type Row = { body: Fault["body"]; when: "before" | "after"; ends: { status: string; code: string; calls: number } };

const unknown = (code: string) => ({ status: "unknown", code, calls: 1 });
const failed = (code: string) => ({ status: "failed", code, calls: 1 });
/** Twice repeated under a fresh token, then given up. */
const TOKEN_DEAD = { status: "failed", code: "token_expired", calls: 3 };

const rows: Row[] = [
  { body: { status: 400, message: "Invalid LinkedIn URL format" }, when: "after", ends: failed("invalid_request") },
  { body: { error: "Session expired" }, when: "before", ends: TOKEN_DEAD },
  { body: { errors: ["Required fields are missing"] }, when: "after", ends: failed("invalid_request") },
  { body: { detail: "Not Found" }, when: "after", ends: failed("not_found") },
  { body: { code: 429, message: "API Rate limit exceeded" }, when: "after", ends: failed("rate_limited") },
  { body: { statusCode: 403, error: "LinkedIn token expired" }, when: "before", ends: TOKEN_DEAD },
  { body: { success: "false" }, when: "after", ends: unknown("action_failed") },
  { body: { data: { status: "error", message: "Error while sending message" } }, when: "after", ends: unknown("action_failed") },
  { body: { errors: { a: ["b"] } }, when: "after", ends: unknown("action_failed") },
  { body: { status: "success", error: { message: "Zut" } }, when: "after", ends: unknown("action_failed") },
  { body: { status: "success", data: "Error while sending message" }, when: "after", ends: unknown("bad_response") },
  { body: { status: 200, message: "Message sent" }, when: "after", ends: unknown("bad_response") },
  { body: {}, when: "after", ends: unknown("bad_response") },
  { body: '"OK"', when: "after", ends: unknown("bad_response") },
  { body: [], when: "after", ends: unknown("bad_response") },
  { body: true, when: "after", ends: unknown("bad_response") },
];

describe("a message that is answered 200", () => {
  test.each(rows)("with $body is never a success, never sent twice, and paid for as the meter says", async ({ body, when, ends }) => {
    await startAnswering("message.send", { status: 200, when, body });
    await system.add("messages", [message("ada", 1)]);
    const [outcome] = await system.outcomesArrive(1);
    expect(outcome).toMatchObject({ ...ends, httpStatus: 200, output: null });
    expect(sends()).toBe(ends.calls);
    expect(system.sandbox.summary().effects.done).toBe(when === "after" ? 1 : 0);
    await expectAgreement(system);
  });

  test("with a page of HTML is unknown", async () => {
    await startAnswering("message.send", { status: 200, when: "after", body: "<html><body>Service Unavailable</body></html>" });
    await system.add("messages", [message("ada", 1)]);
    const [outcome] = await system.outcomesArrive(1);
    expect(outcome).toMatchObject({ ...unknown("bad_response"), credits: { charged: 0, uncertain: 1 } });
    await expectAgreement(system);
  });

  test("with success and a dead token at once is sent once and unknown, and its account logs in anew for the next", async () => {
    const body = { status: "success", message: "Message sent successfully", error: "LinkedIn token expired" };
    system = await startSystem({ scenario: { next: [{ status: 200, when: "after", body, operation: "message.send" }] } });
    await system.activeAccounts(["ada"]);
    await system.add("messages", [message("ada", 1)]);
    const [outcome] = await system.outcomesArrive(1);
    expect(outcome).toMatchObject({ ...unknown("token_expired"), credits: { charged: 1, uncertain: 0 } });
    expect(outcome?.message).toContain("look on LinkedIn");
    await system.add("messages", [message("ada", 2)]);
    await system.outcomesArrive(2);
    expect(system.outcomes[1]).toMatchObject({ status: "succeeded", calls: 1 });
    expect(system.sandbox.summary().byOperation).toEqual({ "auth.login": 2, "message.send": 2 });
    await expectAgreement(system);
  });

  test("with success and a refused key at once is sent once and unknown, and the key is stopped", async () => {
    const body = { status: "success", errors: ["Insufficient credits available"] };
    await startAnswering("message.send", { status: 200, when: "after", body });
    await system.add("messages", [message("ada", 1)]);
    const [outcome] = await system.outcomesArrive(1);
    expect(outcome).toMatchObject(unknown("forbidden"));
    await waitFor(async () => (await system.engine.keys.read()).state === "stopped", { timeoutMs: 5_000, what: "the key to be stopped" });
    expect(sends()).toBe(1);
    await expectAgreement(system);
  });
});

describe("a read that is answered 200", () => {
  const profile = { first_name: "Ann", last_name: "Lee", code: 500, detail: "Knows API rate limits exceeded by far", status: "failed" };

  test("with a profile that has a code, a detail and a status of its own is a success", async () => {
    await startAnswering("profile.scrape", { status: 200, body: { status: "success", data: profile } });
    await system.add("profiles", [scrape("ada", 1)]);
    const [outcome] = await system.outcomesArrive(1);
    expect(outcome).toMatchObject({ status: "succeeded", code: null, output: profile, credits: { charged: 1 } });
    await expectAgreement(system);
  });

  const inbox: NewJob = { name: "message.inbox", data: { accountId: "ada", input: { total_results: 26 }, onUnknown: "rerun" } };
  const asked = (number: number) => scrape("ada", number, { onUnknown: "rerun" });

  test.each<{ answer: string; job: NewJob; queue: string; body?: Fault["body"]; cost: number }>([
    { answer: "an empty list where an inbox is due", job: inbox, queue: "messages", cost: 3 },
    { answer: "a profile without the envelope", job: asked(1), queue: "profiles", body: profile, cost: 1 },
    {
      answer: "an envelope without the profile",
      job: asked(2),
      queue: "profiles",
      body: { status: "success", data: { message: "x" } },
      cost: 1,
    },
    { answer: "an error of no known cause", job: asked(3), queue: "profiles", body: { error: "Zut" }, cost: 1 },
  ])("with $answer ends bad_response, charged once, also when it asked to run again", async ({ job, queue, body, cost }) => {
    if (body === undefined) system = await startSystem();
    else await startAnswering(job.name, { status: 200, body });
    await system.account("ada");
    await system.add(queue, [job]);
    const [outcome] = await system.outcomesArrive(1);
    expect(outcome).toMatchObject({ ...unknown("bad_response"), output: null, credits: { charged: cost, uncertain: 0 } });
    await expectAgreement(system);
  });
});
