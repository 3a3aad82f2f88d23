/** Log-ins, codes, and the life and death of tokens. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { fingerprint, type Sandbox, startSandbox } from "../src/index.ts";
import { type Caller, callerOf, logIn, message, SEND } from "./client.ts";

let sandbox: Sandbox;
let caller: Caller;
const ADA = { email: "ada@example.com", password: "secret-password" };

beforeAll(async () => {
  sandbox = await startSandbox({ limit: null });
  caller = callerOf(sandbox);
});
afterAll(() => sandbox.close());
beforeEach(() => sandbox.reset({ scenario: true }));

async function send(token: string): Promise<string> {
  const { status, body } = await caller.post(SEND, message(token));
  return `${status} ${body.message}`;
}
const OK = "200 Message sent successfully";
const DEAD = "403 LinkedIn token expired";

test("a log-in without a challenge answers a token", async () => {
  const { status, body } = await caller.post("/v1/auth/login", ADA);
  expect([status, body]).toEqual([200, { status: "success", login_token: expect.stringMatching(/^AQED/), message: "Login successful" }]);
  expect(sandbox.summary().logins).toEqual({ attempts: 1, tokens: 1, codesAsked: 0, verified: 0, refused: 0 });
});

test("a wrong password is 401 Bad username or password, charged", async () => {
  sandbox.scenario({ badPassword: ["Ada@Example.com"] });
  const { status, body } = await caller.post("/v1/auth/login", ADA);
  expect([status, body.message]).toEqual([401, "Bad username or password"]);
  expect(sandbox.summary()).toMatchObject({ credits: { charged: 1 }, logins: { refused: 1 } });
});

test("a log-in that needs a code answers success without a token, and verify gives it", async () => {
  sandbox.scenario({ codeRequired: [ADA.email] });
  const { status, body } = await caller.post("/v1/auth/login", ADA);
  expect([status, body]).toEqual([200, { status: "success", email: ADA.email, message: expect.any(String) }]);
  const wrong = await caller.post("/v1/auth/verify", { email: ADA.email, code: "000000" });
  expect([wrong.status, wrong.body.message]).toEqual([401, "Verification failed"]);
  const right = await caller.post("/v1/auth/verify", { email: ADA.email, code: "123456" });
  expect(await send(String(right.body.login_token))).toBe(OK);
  const again = await caller.post("/v1/auth/verify", { email: ADA.email, code: "123456" });
  expect([again.status, again.body.message]).toEqual([401, "Session expired"]);
  expect(sandbox.summary().credits.byOperation).toEqual({ "auth.login": 1, "auth.verify": 3, "message.send": 1 });
});

test("an account may have its own code, and a code that came too late finds its session expired", async () => {
  sandbox.scenario({ codeRequired: [ADA.email], accounts: { "Ada@example.com": { code: "777" } } });
  await caller.post("/v1/auth/login", ADA);
  expect((await caller.post("/v1/auth/verify", { email: ADA.email, code: "123456" })).status).toBe(401);
  expect((await caller.post("/v1/auth/verify", { email: ADA.email, code: "777" })).status).toBe(200);
  await caller.post("/v1/auth/login", ADA);
  sandbox.scenario({ codeLifetimeMs: 0.001 });
  expect((await caller.post("/v1/auth/verify", { email: ADA.email, code: "777" })).body.message).toBe("Session expired");
});

test("a token dies after its calls; the refused call is charged and has no effect", async () => {
  sandbox.scenario({ tokenLifetimeCalls: 2 });
  const token = await logIn(caller, ADA.email);
  expect([await send(token), await send(token), await send(token)]).toEqual([OK, OK, DEAD]);
  expect(sandbox.summary()).toMatchObject({ credits: { charged: 4 }, effects: { done: 2 } });
  expect(sandbox.journal().at(-1)).toMatchObject({ status: 403, charged: 1, effect: "none", account: ADA.email });
});

test("with dieOnce the first token of each account dies and the second lives", async () => {
  sandbox.scenario({ dieOnce: { afterCalls: 1 } });
  const first = await logIn(caller, ADA.email);
  expect([await send(first), await send(first)]).toEqual([OK, DEAD]);
  const second = await logIn(caller, ADA.email);
  expect([await send(second), await send(second), await send(first)]).toEqual([OK, OK, DEAD]);
  expect(await send(await logIn(caller, "grace@example.com"))).toBe(OK);
});

test("killed tokens are dead at once, those of others live, and a new log-in helps", async () => {
  const [ada, grace] = [await logIn(caller, ADA.email), await logIn(caller, "grace@example.com")];
  sandbox.scenario({ killToken: ADA.email });
  expect([await send(ada), await send(grace), await send(await logIn(caller, ADA.email))]).toEqual([DEAD, OK, OK]);
  sandbox.scenario({ killTokens: "all" });
  expect(await send(grace)).toBe(DEAD);
});

test("a lifetime of one account leaves the others alone, and lifetimes in time end", async () => {
  sandbox.scenario({ accounts: { [ADA.email]: { tokenLifetimeMs: 0.001 } } });
  const [ada, grace] = [await logIn(caller, ADA.email), await logIn(caller, "grace@example.com")];
  expect([await send(ada), await send(grace)]).toEqual([DEAD, OK]);
});

test("a token that was brought along works as an account of its own, unless tokens are strict", async () => {
  expect(await send("AQED-brought")).toBe(OK);
  expect(sandbox.journal().at(-1)?.account).toBe(`token:${fingerprint("AQED-brought")}`);
  sandbox.scenario({ acceptAnyToken: false });
  expect(await send("AQED-other")).toBe(DEAD);
});

test("an account that LinkedIn throttles is answered 429 of LinkedIn's kind, charged, while others go on", async () => {
  const [ada, grace] = [await logIn(caller, ADA.email), await logIn(caller, "grace@example.com")];
  sandbox.scenario({ linkedinLimited: [ADA.email] });
  expect([await send(ada), await send(grace)]).toEqual(["429 LinkedIn Rate limit exceeded", OK]);
  expect(sandbox.summary()).toMatchObject({ refused429: 0, credits: { charged: 4 }, byStatus: { "429": 1 } });
});

test("neither journal, summary nor scenario holds a key, a password, a token or a text", async () => {
  const token = await logIn(caller, ADA.email);
  const sent = message(token);
  await caller.post(SEND, sent);
  const shown = JSON.stringify([sandbox.journal(), sandbox.summary(), sandbox.scenario()]);
  for (const secret of ["key-1", ADA.password, token, String(sent.message_text)]) expect(shown).not.toContain(secret);
});
