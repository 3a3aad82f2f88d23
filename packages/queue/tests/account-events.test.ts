/** Every transition of an account, through the scripts that make them. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type AuthNeed, authJobId } from "../src/accounts/accounts.ts";
import { accountEventScript } from "../src/accounts/lua/account.ts";
import { type AccountEvent, jobDigest } from "../src/index.ts";
import { CONFIG, LADDER, type Rig, startRig } from "./rig.ts";

let rig: Rig;
const LOGIN = { email: "ada@example.com", password: "secret" };

beforeAll(async () => {
  rig = await startRig({ accountConcurrency: 5 });
});
afterAll(async () => await rig.close());
beforeEach(async () => {
  await rig.reset();
  await rig.open();
});

const shown = async () => {
  const account = await rig.engine.accounts.read("ada");
  return account === null ? "none" : `${account.state}${account.why === "" ? "" : ` ${account.why}`} ${account.epoch}`;
};
/** The job that the auth queue would be asked to do now. */
const turn = async () => await rig.engine.accounts.authNeed("ada");

/** An event as a settled call brings it. */
async function happens(event: AccountEvent): Promise<void> {
  await rig.engine.scripts.run(accountEventScript, { account: "ada", event, outcomeDays: CONFIG.outcomeDays });
}

async function answered(
  type:
    | "logged_in"
    | "code_required"
    | "refused"
    | "login_unknown"
    | "login_limited"
    | "session_expired"
    | "code_wrong"
    | "verification_unknown",
  state: "refreshing" | "awaiting_code" = "refreshing",
): Promise<void> {
  const [epoch, tries, codes] = await rig.client.hmget(rig.key("account:ada"), "epoch", "try", "codeTry");
  const login = { state, epoch: Number(epoch), turn: Number(state === "refreshing" ? tries : codes) };
  if (type === "logged_in")
    await happens({ type, token: await rig.engine.secrets.seal("token", { purpose: "token", owner: "ada" }), ...login });
  else if (type === "refused") await happens({ type, why: "login_refused", ...login });
  else await happens({ type, ...login });
}

async function active(): Promise<void> {
  await rig.engine.accounts.register("ada", LOGIN);
  await answered("logged_in");
  expect(await shown()).toBe("active 1");
}

test("registering starts one log-in; the same again starts no other; its token makes the account active", async () => {
  const need = await rig.engine.accounts.register("ada", LOGIN);
  expect(need).toEqual({ accountId: "ada", state: "refreshing", epoch: 0, turn: 1 });
  expect(await rig.engine.accounts.register("ada", LOGIN)).toBeNull();
  expect(await turn()).toEqual(need);
  await answered("logged_in");
  expect(await shown()).toBe("active 1");
  expect(await rig.engine.accounts.register("ada", LOGIN)).toBeNull();
  expect(await turn()).toBeNull();
});

test("another password logs in anew, and the old log-in's answer changes nothing", async () => {
  const first = await rig.engine.accounts.register("ada", LOGIN);
  if (first === null) throw new Error("no log-in");
  expect(await rig.engine.accounts.register("ada", { ...LOGIN, password: "new" })).toMatchObject({ turn: 2 });
  await happens({ type: "logged_in", token: "sealed", state: "refreshing", epoch: first.epoch, turn: first.turn });
  expect(await shown()).toBe("refreshing registered 0");
});

test("a log-in may ask for a code; a wrong one may be given again; the right one ends it", async () => {
  await rig.engine.accounts.register("ada", LOGIN);
  await expect(rig.engine.accounts.giveCode("ada", "1")).rejects.toMatchObject({ code: "conflict" });
  await answered("code_required");
  expect(await shown()).toBe("awaiting_code code_required 0");
  expect(await turn()).toBeNull();
  expect(await rig.engine.accounts.giveCode("ada", "111111")).toMatchObject({ state: "awaiting_code", turn: 1 });
  expect(await rig.engine.accounts.code("ada")).toBe("111111");
  await answered("code_wrong", "awaiting_code");
  expect(await shown()).toBe("awaiting_code code_wrong 0");
  expect(await rig.engine.accounts.code("ada")).toBeNull();
  expect(await rig.engine.accounts.giveCode("ada", "222222")).toMatchObject({ turn: 2 });
  await answered("logged_in", "awaiting_code");
  expect(await shown()).toBe("active 1");
  expect(await rig.engine.accounts.code("ada")).toBeNull();
});

test("a session that is over while the code is awaited logs in anew", async () => {
  await rig.engine.accounts.register("ada", LOGIN);
  await answered("code_required");
  await rig.engine.accounts.giveCode("ada", "111111");
  await answered("session_expired", "awaiting_code");
  expect(await shown()).toBe("refreshing session_expired 0");
  expect(await turn()).toMatchObject({ turn: 2 });
});

test("sessions that are over three times running need attention; a token, or a person, begins the count anew", async () => {
  await rig.engine.accounts.register("ada", LOGIN);
  const expires = async () => {
    await answered("code_required");
    await rig.engine.accounts.giveCode("ada", "111111");
    await answered("session_expired", "awaiting_code");
  };
  await expires();
  await expires();
  expect(await shown()).toBe("refreshing session_expired 0");
  await expires();
  expect(await shown()).toBe("needs_attention session_expired 0");
  await rig.engine.accounts.resume("ada");
  await expires();
  await expires();
  await answered("logged_in");
  await happens({ type: "token_dead", epoch: 1 });
  await expires();
  await expires();
  expect(await shown()).toBe("refreshing session_expired 1");
});

test("log-ins that the key's limit answered three times running need attention; any other answer begins the count anew", async () => {
  await rig.engine.accounts.register("ada", LOGIN);
  await answered("login_limited");
  await answered("login_limited");
  await answered("code_required");
  await rig.engine.accounts.giveCode("ada", "111111");
  await answered("login_limited", "awaiting_code");
  await answered("login_limited", "awaiting_code");
  expect(await shown()).toBe("awaiting_code verifying 0");
  await answered("login_limited", "awaiting_code");
  expect(await shown()).toBe("needs_attention rate_limited 0");
});

test("a second code is refused while the first is being tried, whose token is then taken", async () => {
  await rig.engine.accounts.register("ada", LOGIN);
  await answered("code_required");
  const first = await rig.engine.accounts.giveCode("ada", "111111");
  await expect(rig.engine.accounts.giveCode("ada", "222222")).rejects.toMatchObject({ code: "conflict" });
  expect(await rig.engine.accounts.code("ada")).toBe("111111");
  expect(await turn()).toEqual(first);
  await answered("logged_in", "awaiting_code");
  expect(await shown()).toBe("active 1");
});

test("a verification whose outcome is unknown asks for a code again; its token is taken when it comes late, unless another log-in began", async () => {
  const token = await rig.engine.secrets.seal("token", { purpose: "token", owner: "ada" });
  await rig.engine.accounts.register("ada", LOGIN);
  await answered("code_required");
  const first = await rig.engine.accounts.giveCode("ada", "111111");
  await answered("verification_unknown", "awaiting_code");
  expect(await shown()).toBe("awaiting_code verification_unknown 0");
  expect(await rig.engine.accounts.code("ada")).toBeNull();
  expect(await turn()).toBeNull();
  await rig.engine.accounts.register("ada", { ...LOGIN, email: "another@example.com" });
  await answered("code_required");
  await happens({ type: "logged_in", token, state: "awaiting_code", epoch: 0, turn: first.turn });
  expect(await shown()).toBe("awaiting_code code_required 0");
  const second = await rig.engine.accounts.giveCode("ada", "222222");
  await answered("verification_unknown", "awaiting_code");
  await rig.engine.accounts.giveCode("ada", "333333");
  await happens({ type: "logged_in", token, state: "awaiting_code", epoch: 0, turn: second.turn });
  expect(await shown()).toBe("active 1");
});

test("a refused log-in needs attention, once; resume tries again", async () => {
  await rig.engine.accounts.register("ada", LOGIN);
  await answered("refused");
  expect(await shown()).toBe("needs_attention login_refused 0");
  expect(await turn()).toBeNull();
  expect(await rig.engine.accounts.resume("ada")).toMatchObject({ turn: 2 });
});

test("a log-in whose outcome is unknown is repeated, three times at most, counted from the last certain answer", async () => {
  await rig.engine.accounts.register("ada", LOGIN);
  await answered("login_unknown");
  await answered("login_unknown");
  expect(await shown()).toBe("refreshing login_unknown 0");
  await answered("logged_in");
  await happens({ type: "token_dead", epoch: 1 });
  await answered("login_unknown");
  await answered("login_unknown");
  expect(await shown()).toBe("refreshing login_unknown 1");
  await answered("login_unknown");
  expect(await shown()).toBe("needs_attention login_unknown 1");
});

test("the first dead token of an epoch starts one log-in; all later ones of it, and of older ones, change nothing", async () => {
  await active();
  await happens({ type: "token_dead", epoch: 0 });
  expect(await shown()).toBe("active 1");
  const [a, b] = await rig.jobs(2, "ada");
  if (a === undefined || b === undefined) throw new Error("no jobs");
  const sentA = await rig.send(a);
  const sentB = await rig.send(b);
  expect(await rig.settle(a, sentA, "token_dead")).toEqual({ kind: "parked", wasted: 1 });
  expect(await shown()).toBe("refreshing token_dead 1");
  const need = await turn();
  expect(await rig.settle(b, sentB, "token_dead")).toEqual({ kind: "parked", wasted: 1 });
  expect(await turn()).toEqual(need);
  await answered("logged_in");
  expect(await shown()).toBe("active 2");
  expect([await rig.stateOf(a), await rig.stateOf(b)]).toEqual(["released", "released"]);
});

test("three tokens that die young need attention; one that lived ten minutes begins the count anew", async () => {
  await active();
  const dies = async (afterMs: number, epoch: number) => {
    await rig.advance(afterMs);
    await happens({ type: "token_dead", epoch });
  };
  await dies(1_000, 1);
  await answered("logged_in");
  await dies(1_000, 2);
  await answered("logged_in");
  await dies(600_000, 3);
  expect(await shown()).toBe("refreshing token_dead 3");
  for (const epoch of [4, 5]) {
    await answered("logged_in");
    await dies(1_000, epoch);
    expect(await shown()).toBe(`refreshing token_dead ${epoch}`);
  }
  await answered("logged_in");
  await dies(1_000, 6);
  expect(await shown()).toBe("needs_attention tokens_die_young 6");
});

test("a dead token without a password needs attention", async () => {
  await rig.engine.accounts.register("ada", { loginToken: "given" });
  expect(await shown()).toBe("active 1");
  await happens({ type: "token_dead", epoch: 1 });
  expect(await shown()).toBe("needs_attention token_dead_and_no_password 1");
  await rig.engine.accounts.register("ada", { loginToken: "another" });
  expect(await shown()).toBe("active 2");
});

test("an account rests as a whole by its ladder, each time longer until a call works; above the last rung a person must act", async () => {
  await active();
  for (const [rung, restMs] of LADDER.entries()) {
    await rig.call(await rig.job("ada"), "linkedin_limited");
    expect(await shown()).toBe("cooling linkedin_limited 1");
    const held = await rig.job("ada");
    expect(await rig.park(held)).toBe("parked");
    await rig.advance(restMs - 1);
    await rig.swept();
    expect(await shown(), `rung ${rung}`).toBe("cooling linkedin_limited 1");
    await rig.advance(1);
    await rig.swept();
    expect(await shown(), `rung ${rung}`).toBe("active 1");
    expect(await rig.stateOf(held)).toBe("released");
    await rig.endUncalled(held);
  }
  await rig.call(await rig.job("ada"), "linkedin_limited");
  expect(await shown()).toBe("needs_attention linkedin_limited 1");
  expect(await rig.engine.accounts.resume("ada")).toBeNull();
  expect(await shown()).toBe("active 1");
  await rig.call(await rig.job("ada"));
  await rig.call(await rig.job("ada"), "linkedin_limited");
  await rig.advance(LADDER[0] ?? 0);
  expect((await rig.ask(await rig.job("ada"))).kind).toBe("granted");
});

test("an account's rest is kept by a token that died meanwhile: it rests to the end, whichever answer came first", async () => {
  await active();
  const rest: AccountEvent = { type: "rest", scope: "account", cause: "account_restricted", ladder: LADDER, part: 0 };
  for (const [epoch, first] of (["rest", "token_dead"] as const).entries()) {
    const dead: AccountEvent = { type: "token_dead", epoch: epoch + 1 };
    for (const event of first === "rest" ? [rest, dead] : [dead, rest]) await happens(event);
    expect(await shown()).toBe(`refreshing token_dead ${epoch + 1}`);
    await answered("logged_in");
    expect(await shown()).toBe(`cooling account_restricted ${epoch + 2}`);
    const held = await rig.job("ada");
    expect(await rig.park(held)).toBe("parked");
    await rig.advance(86_400_000);
    await rig.swept();
    expect(await shown()).toBe(`active ${epoch + 2}`);
    expect(await rig.stateOf(held)).toBe("released");
    await rig.endUncalled(held);
  }
});

test("paused holds every job; resume goes on with the live token", async () => {
  await active();
  await rig.engine.accounts.pause("ada");
  expect(await shown()).toBe("disabled by_hand 1");
  const job = await rig.job("ada");
  expect(await rig.park(job)).toBe("parked");
  expect(await rig.engine.accounts.resume("ada")).toBeNull();
  expect(await shown()).toBe("active 1");
  expect(await rig.stateOf(job)).toBe("released");
});

test("a token that dies while the account is paused is not used again", async () => {
  await active();
  const job = await rig.job("ada");
  const sent = await rig.send(job);
  await rig.engine.accounts.pause("ada");
  expect(await rig.settle(job, sent, "token_dead")).toEqual({ kind: "parked", wasted: 1 });
  expect(await shown()).toBe("disabled by_hand 1");
  expect(await rig.engine.accounts.resume("ada")).toMatchObject({ state: "refreshing", epoch: 1 });
});

test("a token that comes while the account is paused is kept for its return", async () => {
  await rig.engine.accounts.register("ada", LOGIN);
  await rig.engine.accounts.pause("ada");
  await answered("logged_in");
  expect(await shown()).toBe("disabled by_hand 1");
  expect(await rig.engine.accounts.resume("ada")).toBeNull();
  expect(await shown()).toBe("active 1");
});

test("one e-mail address is one account's; removing it, or changing its address, gives it free", async () => {
  await active();
  await expect(rig.engine.accounts.register("bob", LOGIN)).rejects.toMatchObject({ code: "conflict" });
  expect(await rig.engine.accounts.read("bob")).toBeNull();
  await rig.engine.accounts.register("ada", { ...LOGIN, email: "new@example.com" });
  expect(await rig.engine.accounts.register("bob", LOGIN)).not.toBeNull();
  await rig.engine.accounts.remove("bob");
  expect(await rig.engine.accounts.register("cyd", LOGIN)).not.toBeNull();
});

test("an account registered again under a removed id is another: its log-in is new, and answers meant for the former change nothing", async () => {
  const former = await rig.engine.accounts.register("ada", LOGIN);
  if (former === null) throw new Error("no log-in");
  await rig.engine.authJobs.add(former);
  await rig.engine.accounts.remove("ada");
  const need = await rig.engine.accounts.register("ada", LOGIN);
  if (need === null) throw new Error("no log-in");
  expect(await rig.engine.authJobs.add(need)).toBe(true);
  await happens({ type: "logged_in", token: "former", state: "refreshing", epoch: former.epoch, turn: former.turn });
  expect(await shown()).toMatch(/^refreshing/);
  await answered("logged_in");
  expect(await shown()).toMatch(/^active/);
});

test("the sweep adds the log-in that a refreshing account lacks, once", async () => {
  await rig.engine.accounts.register("ada", LOGIN);
  expect((await rig.swept()).logins).toBe(1);
  expect((await rig.swept()).logins).toBe(0);
});

test("a log-in that was overtaken while it waited for another try leaves nothing in the ledger", async () => {
  const waiting = async () => await rig.client.zcard(rig.key("waiting"));
  for (const ends of ["it is asked again", "it is gone from its queue"]) {
    const need = await rig.engine.accounts.register("ada", LOGIN);
    if (need === null) throw new Error("no log-in");
    const { accountId: _account, ...auth } = need;
    const job = rig.authJob(need, "auth.login");
    const { ref } = job;
    const callId = rig.newCall();
    expect((await rig.gate.ask({ ...rig.request(job, callId), auth })).kind).toBe("granted");
    await rig.gate.markLeft(ref, callId);
    await rig.gate.settle({ ...rig.settlement(job, { callId, epoch: 0 }, "server_error") });
    expect(await waiting()).toBe(1);
    await rig.engine.accounts.remove("ada");
    if (ends === "it is asked again") expect(await rig.gate.ask({ ...rig.request(job), auth })).toMatchObject({ kind: "refused" });
    else {
      await rig.advance(61_000);
      await rig.swept();
    }
    expect([await waiting(), await rig.client.exists(rig.key(`job:${jobDigest(ref)}`))], ends).toEqual([0, 0]);
  }
});

test("the sweep adds the verification that a given code lacks, once", async () => {
  await rig.engine.accounts.register("ada", LOGIN);
  await answered("code_required");
  expect((await rig.swept()).logins).toBe(0);
  await rig.engine.accounts.giveCode("ada", "111111");
  expect((await rig.swept()).logins).toBe(1);
  expect((await rig.swept()).logins).toBe(0);
});

/** BullMQ's record of an auth job that it failed by itself. */
async function failedByBullmq(need: AuthNeed): Promise<void> {
  await rig.engine.authJobs.add(need);
  await rig.client.hset(rig.bull("auth", authJobId(need)), { finishedOn: rig.nowMs, failedReason: "job stalled" });
}

test("an auth job that BullMQ failed by itself has no outcome, and its log-in or verification gets a new turn", async () => {
  const login = await rig.engine.accounts.register("ada", LOGIN);
  if (login === null) throw new Error("no log-in");
  await failedByBullmq(login);
  const ref = { queue: "auth", id: authJobId(login), timestamp: rig.nowMs } as const;
  expect(await rig.sweep.endUncalled(ref, { name: "auth.login", data: { accountId: "ada" } })).toBe(false);
  expect((await rig.swept()).logins).toBe(1);
  expect(await turn()).toMatchObject({ state: "refreshing", turn: 2 });
  await answered("code_required");
  const verification = await rig.engine.accounts.giveCode("ada", "111111");
  await failedByBullmq(verification);
  expect((await rig.swept()).logins).toBe(1);
  expect(await turn()).toMatchObject({ state: "awaiting_code", turn: 2 });
  expect(await rig.engine.accounts.code("ada")).toBe("111111");
  expect(await rig.results()).toEqual(new Map());
});

test("a verification that left is not sent again when BullMQ's job is over: the account asks for a code", async () => {
  await rig.engine.accounts.register("ada", LOGIN);
  await answered("code_required");
  const need = await rig.engine.accounts.giveCode("ada", "111111");
  await failedByBullmq(need);
  const { accountId: _account, ...auth } = need;
  const job = rig.authJob(need, "auth.verify");
  const { ref } = job;
  const callId = rig.newCall();
  expect((await rig.gate.ask({ ...rig.request(job, callId), auth })).kind).toBe("granted");
  expect(await rig.gate.markLeft(ref, callId)).toBe(true);
  // While its deadline runs the answer may still come.
  expect((await rig.swept()).logins).toBe(0);
  expect(await turn()).toEqual(need);
  await rig.advance(CONFIG.timeoutMs + 2_000);
  expect((await rig.swept()).logins).toBe(0);
  expect(await shown()).toBe("awaiting_code verification_unknown 0");
  expect((await rig.credits())["uncertain"]).toBe(1);
  // The answer comes after all: the token was paid for.
  const accountEvent = {
    type: "logged_in",
    token: await rig.engine.secrets.seal("late", { purpose: "token", owner: "ada" }),
    ...auth,
  } as const;
  const ended = { kind: "end", status: "succeeded", code: null, outcome: null } as const;
  await rig.gate.settle({ ...rig.settlement(job, { callId, epoch: 0 }, "ok"), next: ended, accountEvent });
  expect(await shown()).toBe("active 1");
  expect(await rig.credits()).toMatchObject({ charged: 1, uncertain: 0 });
});

test("an unknown account is told: no such account", async () => {
  await expect(rig.engine.accounts.resume("nobody")).rejects.toMatchObject({ code: "not_found" });
  expect(await rig.ask(await rig.job("nobody"))).toMatchObject({ kind: "refused", code: "account_unavailable", waited: false });
});
