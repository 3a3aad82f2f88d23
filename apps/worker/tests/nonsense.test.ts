/** A service that answers every call with an error that says nothing: what it may cost, that it goes on by itself, and that a list of dead addresses is no such service. */
import { waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { expectAgreement } from "./expect-agreement.ts";
import { message, type NewJob, type System, scrape, startSystem } from "./fixture.ts";

let system: System;
afterEach(async () => await system.close());

const ACCOUNTS = ["ada", "bob", "cyd", "dan"];
const LINES = 60;
const said = (text: string) => ({ status: "error", message: text });
const key = async () => await system.engine.keys.read();
const accountOf = (n: number) => ACCOUNTS[n % ACCOUNTS.length] ?? "";
const list = (job: (accountId: string, number: number) => NewJob) => Array.from({ length: LINES }, (_, n) => job(accountOf(n), n));
const callsOf = (operation: string) => system.sandbox.summary().byOperation[operation] ?? 0;

test.each([
  { status: 200, text: "LinkedIn API error occurred", queue: "profiles", operation: "profile.scrape", job: scrape },
  { status: 200, text: "An error occurred while processing your request", queue: "messages", operation: "message.send", job: message },
  { status: 200, text: "Zut", queue: "profiles", operation: "profile.scrape", job: scrape },
  { status: 200, text: "Zut", queue: "messages", operation: "message.send", job: message },
  { status: 400, text: "Zut", queue: "profiles", operation: "profile.scrape", job: scrape },
  { status: 400, text: "Zut", queue: "messages", operation: "message.send", job: message },
  { status: 403, text: "You may not do this", queue: "messages", operation: "message.send", job: message },
  { status: 403, text: "You may not do this", queue: "profiles", operation: "profile.scrape", job: scrape },
  { status: 400, text: "Error while sending message", queue: "messages", operation: "message.send", job: message },
  { status: 422, text: "Required fields are missing", queue: "messages", operation: "message.send", job: message },
  { status: 200, text: "Missing required parameter: token", queue: "profiles", operation: "profile.scrape", job: scrape },
  {
    status: 200,
    body: { errors: ["Required fields are missing"] },
    text: "without its envelope",
    queue: "messages",
    operation: "message.send",
    job: message,
  },
  {
    status: 200,
    body: { detail: "Not Found" },
    text: "Not Found without its envelope",
    queue: "messages",
    operation: "message.send",
    job: message,
  },
  {
    status: 200,
    body: { detail: "Not Found" },
    text: "Not Found without its envelope",
    queue: "profiles",
    operation: "profile.scrape",
    job: scrape,
  },
] satisfies { status: number; text: string; body?: object; queue: string; operation: string; job: typeof scrape }[])(
  "$status $text to every $operation of four accounts is braked within twelve calls; the others wait, free, and are done when it is over",
  async (row) => {
    const { status, text, body = said(text), queue, operation, job } = { body: undefined, ...row };
    const failEvery = { n: 1, status, when: "before" as const, body };
    system = await startSystem({ scenario: { failEvery, faultOperations: [operation] }, probeEveryMs: 6_000 });
    await system.activeAccounts(ACCOUNTS);
    await system.add(queue, list(job));
    await waitFor(async () => (await key()).brakes.length + Number((await key()).state === "stopped"), {
      what: "the brake",
      until: (seen) => seen > 0,
    });
    // Beside the three that brake it: those that were out with them, and probes.
    expect(callsOf(operation)).toBeLessThanOrEqual(12);
    expect((await key()).brakes).toMatchObject([{ operation }]);
    system.sandbox.scenario({ failEvery: null });
    const outcomes = await system.outcomesArrive(LINES);
    const ended = outcomes.filter((outcome) => outcome.status !== "succeeded");
    expect(ended.length).toBeLessThanOrEqual(12);
    expect(ended.every(({ calls }) => calls === 1)).toBe(true);
    await waitFor(async () => (await key()).state, { what: "the key to be open", until: (state) => state === "open" });
    expect((await key()).brakes).toEqual([]);
    await expectAgreement(system);
  },
);

test.each([
  [200, "This profile does not exist"],
  [200, "LinkedIn API error: the member doesn't exist"],
  [200, "Profile not found"],
  [404, "Profile not found"],
  [400, "This profile is no longer available"],
])("a list of dead addresses that is answered %i %s ends line by line and brakes nothing", async (status, text) => {
  const failEvery = { n: 1, status, body: said(text) };
  system = await startSystem({ scenario: { failEvery, faultOperations: ["profile.scrape"] } });
  await system.activeAccounts(ACCOUNTS);
  await system.add("profiles", list(scrape));
  const outcomes = await system.outcomesArrive(LINES);
  expect(outcomes.every((outcome) => outcome.status === "failed" && outcome.calls === 1)).toBe(true);
  expect(await key()).toMatchObject({ state: "open", brakes: [], rests: [] });
  await expectAgreement(system);
});

test("every third line that meets an error of no known cause brakes nothing, as the others succeed between", async () => {
  const failEvery = { n: 3, status: 200, body: said("LinkedIn API error occurred") };
  system = await startSystem({ scenario: { failEvery, faultOperations: ["profile.scrape"] } });
  await system.activeAccounts(["ada"]);
  await system.add(
    "profiles",
    Array.from({ length: 30 }, (_, n) => scrape("ada", n)),
  );
  const outcomes = await system.outcomesArrive(30);
  expect(outcomes.filter((outcome) => outcome.status === "succeeded")).toHaveLength(20);
  expect(await key()).toMatchObject({ state: "open", brakes: [] });
  await expectAgreement(system);
});
