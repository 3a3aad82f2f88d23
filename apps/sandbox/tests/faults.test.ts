/** Faults on purpose: what the client sees, what it costs, and whether it was done. */

import { once } from "node:events";
import { request } from "node:http";
import { waitFor } from "@linkup-queue/testkit";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Fault, type Sandbox, type ScenarioPatch, startSandbox } from "../src/index.ts";
import { type Caller, callerOf, logIn, look, message, PROFILE, SEND } from "./client.ts";

let sandbox: Sandbox;
let caller: Caller;
let token: string;

beforeAll(async () => {
  sandbox = await startSandbox({ limit: null });
  caller = callerOf(sandbox);
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  sandbox.reset({ scenario: true });
  token = await logIn(caller, "ada@example.com");
});

/** The result of one send under this scenario: status and text seen (or the error), and the journal's last line. */
async function sendUnder(patch: ScenarioPatch): Promise<{ seen: string; status: unknown; charged: unknown; effect: unknown }> {
  sandbox.scenario(patch);
  const seen = await caller.post(SEND, message(token)).then(
    (reply) => `${reply.status} ${String(reply.body?.message ?? reply.text.slice(0, 12))}`,
    () => "broken",
  );
  const last = sandbox.journal().at(-1);
  return { seen, status: last?.status, charged: last?.charged, effect: last?.effect };
}

const next = (fault: Fault): ScenarioPatch => ({ next: [fault] });

test.each<[string, ScenarioPatch, { seen: string; status: unknown; charged: number; effect: string }]>([
  [
    "500 before",
    { share500Before: 1 },
    { seen: "500 An error occurred while processing your request", status: 500, charged: 0, effect: "none" },
  ],
  [
    "500 after",
    { share500After: 1 },
    { seen: "500 An error occurred while processing your request", status: 500, charged: 0, effect: "done" },
  ],
  ["reset before", { shareResetBefore: 1 }, { seen: "broken", status: "reset", charged: 0, effect: "none" }],
  ["reset after", { shareResetAfter: 1 }, { seen: "broken", status: "reset", charged: 1, effect: "done" }],
  ["502", { share502: 1 }, { seen: "502 <html><head>", status: 502, charged: 1, effect: "none" }],
  ["503 after", { share503: 1, gatewayWhen: "after" }, { seen: "503 <html><head>", status: 503, charged: 1, effect: "done" }],
  ["504", { share504: 1 }, { seen: "504 <html><head>", status: 504, charged: 1, effect: "none" }],
  ["error in 200", { shareErrorIn200: 1, errorIn200Text: "Bad luck" }, { seen: "200 Bad luck", status: 200, charged: 1, effect: "none" }],
  ["unreadable body", { shareUnreadableBody: 1 }, { seen: '200 {"status":"s', status: 200, charged: 1, effect: "done" }],
  ["truncated body", { shareTruncatedBody: 1 }, { seen: "broken", status: 200, charged: 1, effect: "done" }],
  [
    "dripping body",
    { shareDripBody: 1, dripIntervalMs: 1 },
    { seen: "200 Message sent successfully", status: 200, charged: 1, effect: "done" },
  ],
  ["next 402", next({ status: 402 }), { seen: "402 Insufficient credits available", status: 402, charged: 1, effect: "none" }],
  [
    "next 400 after the effect, in its own words",
    next({ status: 400, when: "after", message: "Error while sending message" }),
    { seen: "400 Error while sending message", status: 400, charged: 1, effect: "done" },
  ],
  [
    "next 405 with a page of its own",
    next({ status: 405, body: "<html>Method Not Allowed</html>" }),
    { seen: "405 <html>Method", status: 405, charged: 1, effect: "none" },
  ],
  [
    "next 404 with a body of its own",
    next({ status: 404, body: { detail: "Not Found" } }),
    { seen: '404 {"detail":"N', status: 404, charged: 1, effect: "none" },
  ],
  ["next 422", next({ status: 422 }), { seen: '422 {"detail":"U', status: 422, charged: 1, effect: "none" }],
  [
    "any body, before the effect",
    next({ status: 200, body: { detail: "Not Found" } }),
    { seen: '200 {"detail":"N', status: 200, charged: 1, effect: "none" },
  ],
  ["any body, after it", next({ status: 200, body: true, when: "after" }), { seen: "200 true", status: 200, charged: 1, effect: "done" }],
  ["no value for a body", next({ status: 410, body: null }), { seen: "410 null", status: 410, charged: 1, effect: "none" }],
  ["a page", next({ status: 405, body: "<html>Method" }), { seen: "405 <html>Method", status: 405, charged: 1, effect: "none" }],
  ["bad key", { badKey: true }, { seen: "401 Invalid API key or insufficient credits", status: 401, charged: 1, effect: "none" }],
])("%s: seen, charged and done as stated", async (_name, patch, expected) => {
  expect(await sendUnder(patch)).toEqual(expected);
});

test.each([
  ["before", { charged: 0, effect: "none" }],
  ["after", { charged: 1, effect: "done" }],
] as const)("a hang %s the effect keeps the connection open without a byte, and the journal knows", async (when, expected) => {
  sandbox.scenario(next({ status: "hang", when }));
  const hung = request(`${sandbox.url}${SEND}`, { method: "POST", headers: { "x-api-key": "key-1", "content-type": "application/json" } });
  const failed = once(hung, "error");
  hung.on("error", () => undefined);
  hung.end(JSON.stringify(message(token)));
  // A later call that is answered shows that the hung one was decided.
  await waitFor(() => sandbox.journal().at(-1)?.status, { what: "the call to hang", until: (seen) => seen === "hang" });
  expect((await caller.post(PROFILE, look(token))).status).toBe(200);
  expect(sandbox.journal().at(-2)).toMatchObject({ ...expected, status: "hang", answeredMs: null });
  hung.destroy(new Error("gave up"));
  await failed;
});

test("an oversized body is as large as the scenario says and well-formed", async () => {
  sandbox.scenario({ shareOversizedBody: 1, oversizedBytes: 3_000_001 });
  const { text, body } = await caller.post(SEND, message(token));
  expect([text.length, body.status]).toEqual([3_000_001, "success"]);
  expect(sandbox.summary().effects.done).toBe(1);
});

test("a call that is refused on its own grounds keeps its refusal under a fault after the effect", async () => {
  sandbox.scenario({ share500After: 1 });
  expect((await caller.post(SEND, { ...message(token), linkedin_url: "x" })).status).toBe(400);
  expect(sandbox.summary().effects.done).toBe(0);
});

test("every nth call fails, and faults can be kept to some operations", async () => {
  sandbox.scenario({ failEvery: { n: 3, status: 500 }, faultOperations: ["message.send"] });
  const statuses: number[] = [];
  for (let i = 0; i < 6; i += 1) {
    statuses.push((await caller.post(SEND, message(token))).status, (await caller.post(PROFILE, look(token))).status);
  }
  expect(statuses.filter((_, i) => i % 2 === 0)).toEqual([200, 200, 500, 200, 200, 500]);
  expect(statuses.filter((_, i) => i % 2 === 1)).toEqual([200, 200, 200, 200, 200, 200]);
});

test("one-shot faults are used up in order by the calls that they are meant for", async () => {
  sandbox.scenario({
    next: [
      { status: 404, operation: "profile.scrape" },
      { status: 500, times: 2 },
      { status: 503, email: "grace@example.com" },
    ],
  });
  const sends: number[] = [];
  for (let i = 0; i < 3; i += 1) sends.push((await caller.post(SEND, message(token))).status);
  expect(sends).toEqual([500, 500, 200]);
  expect((await caller.post(PROFILE, look(token))).status).toBe(404);
  expect(sandbox.scenario().next).toMatchObject([{ status: 503 }]);
  expect((await caller.post("/v1/auth/login", { email: "grace@example.com", password: "p" })).status).toBe(503);
});

test("the same seed and order give the same faults, near their share; latencies don't disturb them", async () => {
  const run = async (patch: ScenarioPatch): Promise<string> => {
    sandbox.scenario({ seed: 7, share500Before: 0.2, ...patch });
    const statuses: number[] = [];
    for (let i = 0; i < 200; i += 1) statuses.push((await caller.post(SEND, message(token))).status);
    return statuses.join();
  };
  const first = await run({});
  expect(await run({ latencyMs: { min: 0, max: 0.5 } })).toBe(first);
  expect(await run({ seed: 8 })).not.toBe(first);
  const failed = first.split(",").filter((status) => status === "500").length;
  expect(failed).toBeGreaterThan(20);
  expect(failed).toBeLessThan(65);
});

test("the balance of a key runs down to zero, then calls are 401 until it is filled up", async () => {
  sandbox.scenario({ credits: 3 });
  const media = { media_link: "https://example.com/a.png" };
  const send = async (extra: object): Promise<number> => (await caller.post(SEND, { ...message(token), ...extra })).status;
  expect([await send(media), await send(media)]).toEqual([200, 401]);
  expect(sandbox.summary().keys).toMatchObject([{ balance: 0 }]);
  expect(await send({})).toBe(401);
  sandbox.scenario({ credits: 1 });
  expect([await send({}), await send({})]).toEqual([200, 401]);
});

test("a bad key can be one key alone, named by its fingerprint", async () => {
  const [{ key } = { key: "" }] = sandbox.summary().keys;
  sandbox.scenario({ badKey: [key] });
  expect((await caller.post(SEND, message(token))).status).toBe(401);
  expect((await callerOf(sandbox, "key-2").post(SEND, message(token))).status).toBe(200);
});

test("an answer is held back for its latency, while the effect is done at once", async () => {
  sandbox.scenario({ latencyMs: 0, latencyByPath: { "message.send": { min: 400, max: 450 } } });
  const answer = caller.post(SEND, message(token));
  await waitFor(() => sandbox.summary().effects.done, { what: "the effect", until: (seen) => seen === 1 });
  expect(sandbox.journal().at(-1)).toMatchObject({ status: 200, answeredMs: null });
  await answer;
  const { arrivalMs, answeredMs } = sandbox.journal().at(-1) ?? { arrivalMs: 0, answeredMs: 0 };
  expect((answeredMs ?? 0) - arrivalMs).toBeGreaterThanOrEqual(399);
});

test("a client that dies while it waits changes nothing: done, charged, and marked abandoned", async () => {
  sandbox.scenario({ latencyMs: 400 });
  const dying = request(`${sandbox.url}${SEND}`, { method: "POST", headers: { "x-api-key": "key-1", "content-type": "application/json" } });
  dying.on("error", () => undefined);
  dying.end(JSON.stringify(message(token)));
  await waitFor(() => sandbox.summary().effects.done, { what: "the effect", until: (seen) => seen === 1 });
  dying.destroy();
  await waitFor(() => sandbox.journal().at(-1)?.abandoned, { what: "the caller to be gone" });
  expect(sandbox.journal().at(-1)).toMatchObject({ status: 200, charged: 1, effect: "done" });
});

test("a client that dies in mid-body arrived, and did and paid nothing", async () => {
  const headers = { "x-api-key": "key-1", "content-type": "application/json", "content-length": 1000 };
  const dying = request(`${sandbox.url}${SEND}`, { method: "POST", headers });
  dying.on("error", () => undefined);
  dying.write('{"half":');
  await waitFor(() => sandbox.journal().at(-1)?.status, { what: "the call to begin", until: (seen) => seen === "pending" });
  dying.destroy();
  await waitFor(() => sandbox.journal().at(-1)?.status, { what: "the call to be given up", until: (seen) => seen === "aborted" });
  expect(sandbox.summary()).toMatchObject({ requests: 2, inFlight: 0, credits: { charged: 1 }, effects: { done: 0 } });
});
