/**
 * Changes of the key, of brakes, of accounts and of the day's credits, as webhooks get them: each once and in its order, however many workers
 * sweep and deliver, handed over in the step that caused it.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  type AccountEvent,
  DELIVERY_PACE,
  type Engine,
  PROBE_EVERY_MS,
  Sweep,
  WebhookDeliveries,
  type WebhookRequest,
} from "../src/index.ts";
import { type CallEnd, LADDER, type Rig, startRig } from "./rig.ts";

type Post = { webhook: string; item: string; type: string; timestamp: string; data: Record<string, unknown> };

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const [first = 0] = LADDER;
const SECRET = `whsec_${Buffer.alloc(24, 1).toString("base64")}`;
const LOGIN = { email: "eve@example.com", password: "secret" };
let rig: Rig;
let sweeps: Sweep[];

beforeAll(async () => {
  rig = await startRig();
});
afterAll(async () => await rig.close());
beforeEach(async () => {
  await rig.reset();
  await workers([rig.engine, rig.engine]);
  await rig.open();
  for (const id of ["ada", "bob"]) await rig.account(id, 100);
  await put("all");
});
afterEach(async () => await Promise.all(sweeps.map((sweep) => sweep.stop())));

async function workers(engines: readonly Engine[]): Promise<void> {
  await Promise.all((sweeps ?? []).map((sweep) => sweep.stop()));
  const onError = (error: unknown) => {
    throw error;
  };
  sweeps = engines.map((engine, at) => new Sweep(engine, { worker: `worker-${at}`, onSwept: () => undefined, onError }));
}

async function put(id: string, more: Partial<WebhookRequest> = {}): Promise<void> {
  await rig.engine.webhooks.put(id, { url: "https://example.com/hook", secret: SECRET, ...more });
}

/** Each sweeps twice, in turns. */
async function allSweep(): Promise<void> {
  for (const sweep of [...sweeps, ...sweeps]) {
    await rig.client.del(rig.key("sweeping"));
    await sweep.sweepOnce();
  }
}

/** Whatever two workers deliver after all swept, outcomes aside. */
async function posts(): Promise<Post[]> {
  await allSweep();
  const taken: Post[] = [];
  const deliverers = [new WebhookDeliveries(rig.engine, DELIVERY_PACE), new WebhookDeliveries(rig.engine, DELIVERY_PACE)];
  for (;;) {
    const claims = [];
    for (const deliveries of deliverers) claims.push(await deliveries.claim(10, { perWebhook: 10, inFlight: new Map() }));
    const claimed = claims.flatMap(({ posts: ones }, at) =>
      ones.map((post) => ({ post, deliveries: deliverers[at] as WebhookDeliveries })),
    );
    if (claimed.length === 0) return taken;
    for (const { post, deliveries } of claimed) {
      const body = JSON.parse((await deliveries.body(post)) ?? "{}") as Pick<Post, "type" | "timestamp" | "data">;
      if (!body.type.startsWith("outcome.")) taken.push({ webhook: post.webhook, item: post.item, ...body });
      await deliveries.done(post, { ok: true });
    }
  }
}

/** Their types and data; none has the id of another. */
async function told(): Promise<[string, Record<string, unknown>][]> {
  const all = await posts();
  expect(new Set(all.map(({ item }) => item)).size).toBe(all.length);
  return all.map(({ type, data }) => [type, data]);
}
const words = async () => (await told()).map(([type]) => type);
const iso = (ms: number) => new Date(ms).toISOString();
const call = async (operation: string, end: CallEnd, account = "ada") =>
  await rig.call(await rig.job(account, operation === "profile.scrape" ? { operation, queue: "profiles" } : { operation }), end);
const nobody = { operation: null, cause: null, nextProbeAt: null, caller: null };

describe("the key", () => {
  test("stopped and opened by hand says by whom, and repeating it tells nothing", async () => {
    const { keys } = rig.engine;
    await keys.pause("office");
    await keys.pause("other");
    await keys.resume("office");
    await keys.resume("other");
    await keys.pause();
    expect(await told()).toEqual([
      ["key.stopped", { ...nobody, why: "by_hand", caller: "office" }],
      ["key.opened", { was: "by_hand", by: "person", operation: null, caller: "office" }],
      ["key.stopped", { ...nobody, why: "by_hand" }],
    ]);
    expect(await told()).toEqual([]);
  });

  test("that LinkUp refuses is stopped once for all calls that were out, and opened by the probe that works", async () => {
    const [one, other] = [await rig.job("ada"), await rig.job("bob")];
    const sent = [await rig.send(one), await rig.send(other)] as const;
    await rig.settle(one, sent[0], "key_refused");
    await rig.settle(other, sent[1], "key_refused");
    const nextProbeAt = iso(rig.nowMs + PROBE_EVERY_MS);
    expect(await told()).toEqual([["key.stopped", { ...nobody, why: "key_refused", operation: "message.send", nextProbeAt }]]);
    await rig.advance(PROBE_EVERY_MS);
    await call("message.send", "ok");
    expect(await told()).toEqual([["key.opened", { was: "key_refused", by: "call", operation: "message.send", caller: null }]]);
  });

  test("that cools after its limit says until when, and is opened by time", async () => {
    await call("message.send", "rate_limited");
    const { untilMs } = await rig.engine.keys.read();
    expect(await told()).toEqual([["key.cooling", { why: "rate_limited", operation: "message.send", until: iso(untilMs ?? 0) }]]);
    await rig.advance(MINUTE_MS + 1_000);
    expect(await told()).toEqual([["key.opened", { was: "rate_limited", by: "time", operation: null, caller: null }]]);
  });

  test("whose last window is not known cools until it is over; stopped meanwhile it is not opened by time", async () => {
    const lose = async () => {
      await rig.client.hdel(rig.key("key"), "born");
      await rig.open({ fresh: false });
      const { untilMs } = await rig.engine.keys.read();
      return { why: "fresh_state", operation: null, until: iso(untilMs ?? 0) };
    };
    const cools = await lose();
    expect(await told()).toEqual([["key.cooling", cools]]);
    await rig.advance(2 * MINUTE_MS);
    expect(await told()).toEqual([["key.opened", { was: "fresh_state", by: "time", operation: null, caller: null }]]);
    const again = await lose();
    expect(await words()).toEqual(["key.cooling"]);
    await rig.engine.keys.pause();
    await rig.engine.keys.resume();
    expect(await told()).toEqual([
      ["key.stopped", { ...nobody, why: "by_hand" }],
      ["key.cooling", again],
    ]);
    await rig.engine.keys.pause();
    await rig.advance(2 * MINUTE_MS);
    expect(await words()).toEqual(["key.stopped"]);
    await lose();
    expect(await words()).toEqual([]);
    await rig.advance(2 * MINUTE_MS);
    await rig.engine.keys.resume();
    expect(await told()).toEqual([["key.opened", { was: "by_hand", by: "person", operation: null, caller: null }]]);
  });

  test("that another key takes the place of is open", async () => {
    await rig.engine.keys.pause();
    await rig.engine.keys.leave("rig");
    await rig.engine.keys.start({ worker: "rig", apiKey: "another-api-key", secrets: rig.engine.secrets, fresh: true });
    expect((await told()).at(1)).toEqual(["key.opened", { was: "by_hand", by: "new_key", operation: null, caller: null }]);
  });

  test("whose day's credits are spent says so, and that they are open on the next day", async () => {
    await workers([rig.withConfig({ maxCreditsPerDay: 1 }), rig.withConfig({ maxCreditsPerDay: 1 })]);
    await call("message.send", "ok");
    const until = iso((Math.floor(rig.nowMs / DAY_MS) + 1) * DAY_MS);
    expect(await told()).toEqual([["key.day_budget_spent", { limit: 1, spent: 1, until }]]);
    await rig.advance(DAY_MS);
    expect(await told()).toEqual([["key.day_budget_opened", { limit: 1 }]]);
  });
});

describe("a brake", () => {
  const about = { brakeId: "operation:profile.scrape", operation: "profile.scrape", cause: "path-gone" };

  test("is on, the key is stopped, and both are over: in one order", async () => {
    await call("profile.scrape", "service_refused");
    const nextProbeAt = iso(rig.nowMs + 1_000);
    await call("message.send", "service_refused");
    await rig.engine.keys.resume("office");
    await rig.advance(MINUTE_MS);
    await call("profile.scrape", "ok", "bob");
    const all = await told();
    expect(all.map(([type]) => type)).toEqual(["brake.on", "brake.on", "key.stopped", "key.opened", "brake.off"]);
    expect(all[0]?.[1]).toEqual({ ...about, nextProbeAt });
    expect(all[2]?.[1]).toMatchObject({ why: "service_refused", operation: "message.send", cause: "path-gone" });
    expect(all[4]?.[1]).toEqual({ ...about, by: "call", caller: null });
  });

  test("that is taken off by hand says by whom, once", async () => {
    await call("profile.scrape", "service_refused");
    await Promise.all([rig.engine.keys.releaseBrake("profile.scrape", "office"), rig.engine.keys.releaseBrake("profile.scrape", "office")]);
    const all = await told();
    expect(all.map(([type]) => type)).toEqual(["brake.on", "brake.off"]);
    expect(all[1]?.[1]).toEqual({ ...about, by: "person", caller: "office" });
  });
});

describe("an account", () => {
  const accountId = "eve";

  /** The end of the log-in or verification that the account is in. */
  async function answered(type: "logged_in" | "code_required" | "code_wrong" | "refused"): Promise<void> {
    const settle = await leave();
    await settle(type);
    await settle(type);
  }

  /** Lets the log-in or verification leave that the account is in; answers how it is settled. */
  async function leave(): Promise<(type: AccountEvent["type"]) => Promise<unknown>> {
    const need = await rig.engine.accounts.authNeed(accountId);
    if (need === null) throw new Error("no log-in is due");
    const { accountId: _account, ...login } = need;
    const token = await rig.engine.secrets.seal("token", { purpose: "token", owner: accountId });
    const job = rig.authJob(need, need.state === "refreshing" ? "auth.login" : "auth.verify");
    const asked = { ...rig.request(job), urgent: true, auth: login };
    expect((await rig.gate.ask(asked)).kind).toBe("granted");
    expect(await rig.gate.markLeft(asked.ref, asked.callId)).toBe(true);
    const next = { kind: "end", status: "succeeded", code: null, outcome: null } as const;
    const call = { callId: asked.callId, epoch: login.epoch };
    return async (type) => {
      const accountEvent = { type, token, why: "login_refused", ...login } as AccountEvent;
      return await rig.gate.settle({ ...rig.settlement(job, call, "ok"), next, accountEvent });
    };
  }
  const data = (more: object) => ({ accountId, ...more });

  test("that needs a code says so for each that was wrong, and that it is at work", async () => {
    const { accounts } = rig.engine;
    await accounts.register(accountId, LOGIN);
    await answered("code_required");
    await accounts.giveCode(accountId, "1");
    await answered("code_wrong");
    await accounts.giveCode(accountId, "2");
    await answered("code_wrong");
    await accounts.giveCode(accountId, "3");
    await answered("logged_in");
    expect(await told()).toEqual([
      ["account.awaiting_code", data({ why: "code_required" })],
      ["account.awaiting_code", data({ why: "code_wrong" })],
      ["account.awaiting_code", data({ why: "code_wrong" })],
      ["account.active", data({ was: "awaiting_code" })],
    ]);
  });

  test("whose token comes after its verification was given up is told to be at work", async () => {
    const { accounts } = rig.engine;
    await accounts.register(accountId, LOGIN);
    await answered("code_required");
    await accounts.giveCode(accountId, "1");
    const settle = await leave();
    await settle("verification_unknown");
    expect(await settle("logged_in")).toMatchObject({ kind: "already" });
    expect(await told()).toEqual([
      ["account.awaiting_code", data({ why: "code_required" })],
      ["account.awaiting_code", data({ why: "verification_unknown" })],
      ["account.active", data({ was: "awaiting_code" })],
    ]);
  });

  test("that needs a person says why, and is at work once its new log-in worked", async () => {
    const { accounts } = rig.engine;
    await accounts.register(accountId, LOGIN);
    await answered("refused");
    await accounts.resume(accountId);
    await answered("logged_in");
    expect(await told()).toEqual([
      ["account.needs_attention", data({ why: "login_refused" })],
      ["account.active", data({ was: "needs_attention" })],
    ]);
  });

  test("whose log-ins work is told to nobody", async () => {
    await rig.engine.accounts.register(accountId, LOGIN);
    await answered("logged_in");
    const job = await rig.job(accountId);
    await rig.call(job, "token_dead");
    await answered("logged_in");
    expect(await told()).toEqual([]);
  });

  test("whose token died and that has no password needs a person, once for all calls that were out", async () => {
    const [one, other] = [await rig.job("ada"), await rig.job("ada")];
    const sent = [await rig.send(one), await rig.send(other)] as const;
    await rig.settle(one, sent[0], "token_dead");
    await rig.settle(other, sent[1], "token_dead");
    // A person who resumes it without a token changes nothing.
    await rig.engine.accounts.resume("ada");
    await rig.account("ada", 7);
    await rig.engine.accounts.register("ada", { loginToken: "another" });
    expect(await told()).toEqual([
      ["account.needs_attention", { accountId: "ada", why: "token_dead_and_no_password" }],
      ["account.active", { accountId: "ada", was: "needs_attention" }],
    ]);
  });

  test("paused, resumed and removed by hand says so, each once", async () => {
    const { accounts } = rig.engine;
    await accounts.pause("ada");
    await accounts.pause("ada");
    await accounts.resume("ada");
    await accounts.resume("ada");
    await accounts.remove("ada");
    await expect(accounts.remove("ada")).rejects.toMatchObject({ code: "not_found" });
    // A new one under its name begins anew.
    await rig.account("ada");
    expect(await told()).toEqual([
      ["account.paused", { accountId: "ada", why: "by_hand" }],
      ["account.active", { accountId: "ada", was: "paused" }],
      ["account.removed", { accountId: "ada" }],
    ]);
  });

  test("that rests as a whole above its ladder needs a person, and is at work when a person resumed it", async () => {
    const { accounts } = rig.engine;
    for (let rung = 0; rung < LADDER.length; rung++) {
      await call("message.send", "linkedin_limited");
      await rig.advance(8 * first);
      await allSweep();
    }
    await posts();
    await call("message.send", "linkedin_limited");
    expect(await words()).toEqual(["account.rest_started", "account.needs_attention"]);
    await accounts.resume("ada");
    expect((await words()).sort()).toEqual(["account.active", "account.rest_ended"]);
  });

  test("that was paused while it rests is told to be at work when its rest is over", async () => {
    await call("message.send", "linkedin_limited");
    await rig.engine.accounts.pause("ada");
    await rig.engine.accounts.resume("ada");
    expect(await words()).toEqual(["account.rest_started", "account.paused"]);
    await rig.advance(2 * first);
    expect(await words()).toEqual(["account.rest_ended", "account.active"]);
  });
});

test("the key's next event, or its brakes', waits until the one before is delivered, and no account's does", async () => {
  await call("profile.scrape", "service_refused");
  await rig.engine.keys.pause();
  await rig.engine.accounts.pause("ada");
  const deliveries = new WebhookDeliveries(rig.engine, DELIVERY_PACE);
  const claim = async () => {
    const { posts: claimed } = await deliveries.claim(10, { perWebhook: 10, inFlight: new Map() });
    const bodies = await Promise.all(claimed.map(async (post) => JSON.parse((await deliveries.body(post)) ?? "{}") as Post));
    return { claimed, types: bodies.map(({ type }) => type).sort() };
  };
  const { claimed, types } = await claim();
  expect(types).toEqual(["account.paused", "brake.on"]);
  expect((await claim()).types).toEqual([]);
  for (const post of claimed) await deliveries.done(post, { ok: true });
  expect((await claim()).types).toEqual(["key.stopped"]);
});

test("each webhook gets the kinds that it asked for, and one put without them all kinds of that time", async () => {
  await put("key", { events: ["key"] });
  await put("brake", { events: ["brake"] });
  await put("campaign", { campaignId: "spring" });
  await put("before");
  // As an earlier version kept it.
  await rig.client.hset(rig.key("webhook:before"), "events", "outcome,campaign,account");
  await call("profile.scrape", "service_refused");
  await rig.engine.keys.pause();
  await rig.engine.accounts.pause("ada");
  const got: Record<string, string[]> = {};
  for (const { webhook, type } of await posts()) got[webhook] = [...(got[webhook] ?? []), type].sort();
  expect(got).toEqual({
    all: ["account.paused", "brake.on", "key.stopped"],
    before: ["account.paused"],
    brake: ["brake.on"],
    key: ["key.stopped"],
  });
  expect(await rig.client.hlen(rig.key("owed"))).toBe(0);
});
