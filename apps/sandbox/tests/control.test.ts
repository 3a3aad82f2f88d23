/** The control calls over HTTP, the count of doubles, and a reset. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../src/index.ts";
import { type Caller, callerOf, logIn, message, PROFILE, SEND } from "./client.ts";

let sandbox: Sandbox;
let caller: Caller;
let token: string;

beforeAll(async () => {
  sandbox = await startSandbox({ limit: 500, scenario: { code: "42" } });
  caller = callerOf(sandbox);
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  sandbox.reset({ scenario: true });
  token = await logIn(caller, "ada@example.com");
});

type Shown = { error?: { message: string } };
const errorOf = (body: Record<string, unknown>): string => (body as Shown).error?.message ?? "";

test("a scenario is merged field by field, answered, and shown", async () => {
  const set = await caller.post("/_sandbox/scenario", { latencyMs: { min: 1, max: 2 }, badPassword: [" Ada@X.example "] });
  expect(set.body).toMatchObject({ latencyMs: { min: 1, max: 2 }, badPassword: ["ada@x.example"], limit: 500, code: "42" });
  await caller.post("/_sandbox/scenario", { latencyMs: 0 });
  expect((await caller.get("/_sandbox/scenario")).body).toMatchObject({ latencyMs: 0, badPassword: ["ada@x.example"] });
});

test("a change from a page of another site, or as anything but JSON, is refused and changes nothing", async () => {
  const before = sandbox.scenario();
  const change = async (headers: Record<string, string>) => {
    const response = await fetch(`${sandbox.url}/_sandbox/scenario`, { method: "POST", headers, body: '{"latencyMs":77}' });
    await response.text();
    return response.status;
  };
  const json = { "content-type": "application/json" };
  expect(await change({ ...json, origin: "https://evil.example" })).toBe(403);
  expect(await change({ ...json, origin: "null" })).toBe(403);
  expect(await change({ ...json, "sec-fetch-site": "cross-site" })).toBe(403);
  expect(await change({ "content-type": "text/plain" })).toBe(415);
  expect(await change({ "content-type": "application/x-www-form-urlencoded" })).toBe(415);
  const reset = await fetch(`${sandbox.url}/_sandbox/reset`, { method: "POST", headers: { origin: "https://evil.example" } });
  expect(reset.status).toBe(403);
  const preflight = await fetch(`${sandbox.url}/_sandbox/scenario`, { method: "OPTIONS", headers: { origin: "https://evil.example" } });
  expect([preflight.ok, preflight.headers.get("access-control-allow-origin")]).toEqual([false, null]);
  expect(sandbox.scenario()).toEqual(before);
  expect(await change({ ...json, origin: sandbox.url })).toBe(200);
  expect((await fetch(`${sandbox.url}/_sandbox/reset`, { method: "POST" })).status).toBe(200);
});

test("every field of the scenario is described", async () => {
  const { body } = await caller.get("/_sandbox/scenario?fields=1");
  expect(Object.keys(body).sort()).toEqual(Object.keys(sandbox.scenario()).sort());
  for (const sentence of Object.values(body)) expect(sentence).toMatch(/\.$|\?}\.$/);
});

test.each([
  [{ latencyMS: 5 }, "latencyMS"],
  [{ share500Before: 1.5 }, "share500Before"],
  [{ share500Before: 0.6, shareHangAfter: 0.6 }, "add up to 1.2"],
  [{ next: [{ status: "explode" }] }, "next"],
  [{ faultOperations: ["message.shout"] }, "faultOperations"],
  [{ latencyMs: { min: 5, max: 1 } }, "min is above max"],
  ["{", "not JSON"],
  ["[]", "expected record"],
])("the scenario %j is refused with a 400 that names %s, and nothing changes", async (patch, named) => {
  const before = sandbox.scenario();
  const { status, body } = await caller.post("/_sandbox/scenario", patch);
  expect([status, errorOf(body)]).toEqual([400, expect.stringContaining(named)]);
  expect(sandbox.scenario()).toEqual(before);
  if (typeof patch === "object") expect(() => sandbox.scenario(JSON.parse(JSON.stringify(patch)))).toThrow(TypeError);
});

test("wrong queries and unknown control calls are told, and control calls never count as requests", async () => {
  expect((await caller.get("/_sandbox/journal?limit=x")).status).toBe(400);
  expect((await caller.get("/_sandbox/summary?window=5")).status).toBe(400);
  expect((await caller.get("/_sandbox/scenarios")).status).toBe(404);
  expect((await caller.get("/_sandbox/health")).status).toBe(200);
  expect(sandbox.summary()).toMatchObject({ requests: 1, credits: { charged: 1 } });
});

test("the journal tells each request, in pages", async () => {
  const sent = message(token);
  await caller.post(SEND, sent);
  await caller.post("/v1/nothing", {});
  const { body } = await caller.get("/_sandbox/journal?since=1&limit=1");
  expect(body).toEqual({
    entries: [
      {
        seq: 2,
        arrivalMs: expect.any(Number),
        answeredMs: expect.any(Number),
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        key: expect.stringMatching(/^[0-9a-f]{12}$/),
        path: SEND,
        operation: "message.send",
        account: "ada@example.com",
        target: sent.linkedin_url,
        status: 200,
        charged: 1,
        effect: "done",
        fault: null,
        abandoned: false,
      },
    ],
  });
  expect(sandbox.journal({ since: 2 })).toMatchObject([{ seq: 3, path: "/v1/nothing", operation: null, status: 404 }]);
});

test("the same send twice is a double, also under a new token, another spelling, or after an answer that was lost", async () => {
  const sent = { ...message(token), linkedin_url: "https://www.linkedin.com/in/Grace" };
  await caller.post(SEND, sent);
  sandbox.scenario({
    next: [
      { status: 500, when: "after" },
      { status: 500, when: "before" },
    ],
  });
  await caller.post(SEND, { ...sent, login_token: await loginElsewhere(), linkedin_url: "https://www.linkedin.com/in/grace/?x=1" });
  await caller.post(SEND, sent);
  await caller.post(SEND, { ...sent, message_text: "another text" });
  await caller.post(PROFILE, sent);
  await caller.post(PROFILE, sent);
  const { effects, doubles, repeated } = sandbox.summary();
  expect(effects.done).toBe(3);
  expect([repeated, doubles]).toEqual([
    1,
    [{ operation: "message.send", account: "ada@example.com", target: "in/grace", count: 2, seqs: [2, 4] }],
  ]);
});

/** A second token for the same account, made before the faults of the test can strike it. */
async function loginElsewhere(): Promise<string> {
  const { next } = sandbox.scenario();
  sandbox.scenario({ next: [] });
  const second = await logIn(caller, "ADA@example.com");
  sandbox.scenario({ next });
  return second;
}

test("a reset clears journal, meter, accounts and effects; the scenario only when asked", async () => {
  await caller.post(SEND, message(token));
  await caller.post("/_sandbox/scenario", { code: "99", acceptAnyToken: false });
  await caller.post("/_sandbox/reset", "");
  expect(sandbox.summary()).toMatchObject({ requests: 0, credits: { charged: 0 }, maxInWindow: 0, keys: [], effects: { done: 0 } });
  expect(sandbox.journal()).toEqual([]);
  expect((await caller.post(SEND, message(token))).status).toBe(403);
  expect(sandbox.scenario().code).toBe("99");
  await caller.post("/_sandbox/reset?scenario=1", "");
  expect(sandbox.scenario()).toMatchObject({ code: "42", limit: 500 });
  sandbox.scenario({ code: "99" });
  await caller.post("/_sandbox/reset", { scenario: true });
  expect(sandbox.scenario().code).toBe("42");
});
