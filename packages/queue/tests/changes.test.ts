/** Changes of the key, of rests, of the day's credits and of Redis: each is told to one worker, once, and rests to webhooks as well. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { DELIVERY_PACE, type Engine, Sweep, WebhookDeliveries } from "../src/index.ts";
import type { StateEvent } from "../src/safety/state-event.ts";
import { LADDER, type Rig, startRig } from "./rig.ts";

let rig: Rig;
/** Told to the sweeps of two workers. */
let told: StateEvent[];
let sweeps: Sweep[];
const [first = 0] = LADDER;
const DAY_MS = 86_400_000;

beforeAll(async () => {
  rig = await startRig();
});
afterAll(async () => await rig.close());
beforeEach(async () => {
  await rig.reset();
  told = [];
  sweeps = [];
});

function sweepOf(worker: string, engine: Engine = rig.engine): Sweep {
  const onError = (error: unknown) => {
    throw error;
  };
  const sweep = new Sweep(engine, { worker, onSwept: () => undefined, onChanged: (events) => void told.push(...events), onError });
  sweeps.push(sweep);
  return sweep;
}

/** Each sweeps twice, in turns; answers what all of them were told. */
async function allSweep(): Promise<StateEvent[]> {
  told = [];
  for (const sweep of [...sweeps, ...sweeps]) {
    await rig.client.del(rig.key("sweeping"));
    await sweep.sweepOnce();
  }
  return told;
}

async function twoWorkers(engines: readonly Engine[] = [rig.engine, rig.engine]): Promise<void> {
  engines.forEach((engine, at) => void sweepOf(`worker-${at}`, engine));
  await rig.open();
  await rig.account("ada");
}

const invitation = async () => await rig.job("ada", { operation: "invitation.send" });

async function stopSweeps(): Promise<void> {
  await Promise.all(sweeps.map((sweep) => sweep.stop()));
}

test("the end of a rest is told once, to the sweep that found it over", async () => {
  await twoWorkers();
  await rig.call(await invitation(), "family_limited");
  const sinceMs = rig.nowMs;
  expect(await allSweep()).toEqual([]);
  await rig.advance(first);
  expect(await allSweep()).toEqual([
    { kind: "rest_over", account: "ada", scope: "invite", cause: "invitation_limit", sinceMs, by: "time" },
  ]);
  await rig.advance(first);
  expect(await allSweep()).toEqual([]);
  await stopSweeps();
});

test("the end of a rest that a person ends says so", async () => {
  await twoWorkers();
  await rig.call(await invitation(), "family_limited");
  await rig.engine.accounts.endRest("ada", "invite");
  expect(await allSweep()).toMatchObject([{ kind: "rest_over", scope: "invite", by: "person" }]);
  await stopSweeps();
});

test("a call that worked before any sweep found the rest over tells its end, and so does the next rest", async () => {
  await twoWorkers();
  await rig.call(await invitation(), "family_limited");
  await rig.advance(first);
  const again = await rig.call(await invitation(), "family_limited");
  expect(again.brakes?.map(({ kind }) => kind)).toEqual(["rest_over", "rests"]);
  await rig.advance(2 * first);
  expect((await rig.call(await invitation())).brakes).toMatchObject([{ kind: "rest_over", scope: "invite" }]);
  expect(await allSweep()).toEqual([]);
  await stopSweeps();
});

test("each change of the key is told once, by the call or the sweep that caused it", async () => {
  await twoWorkers();
  await rig.account("bob");
  const [one, other] = [await rig.job("ada"), await rig.job("bob")];
  const sent = [await rig.send(one), await rig.send(other)] as const;
  const cools = { kind: "key_cools", operation: "message.send", reason: "rate_limited", untilMs: expect.any(Number) };
  expect((await rig.settle(one, sent[0], "rate_limited")).brakes).toEqual([cools]);
  expect((await rig.settle(other, sent[1], "rate_limited")).brakes).toBeUndefined();
  expect(await allSweep()).toEqual([]);
  await rig.advance(61_000);
  expect(await allSweep()).toEqual([{ kind: "key_opened", reason: "rate_limited" }]);
  expect((await rig.engine.keys.read()).state).toBe("open");

  expect((await rig.call(await rig.job("ada"), "key_refused")).brakes).toMatchObject([{ kind: "key_refused", reason: "key_refused" }]);
  await rig.advance(600_000);
  expect((await rig.call(await rig.job("ada"))).brakes).toEqual([{ kind: "key_opened", operation: "message.send", reason: "key_refused" }]);
  expect(await allSweep()).toEqual([]);
  await stopSweeps();
});

test("an outage is told when it begins and when it ends, and not with each probe that fails", async () => {
  await twoWorkers();
  const answers: (readonly StateEvent[] | undefined)[] = [];
  for (let at = 0; at < 50; at++) {
    await rig.advance(1_000);
    answers.push((await rig.call(await rig.job("ada"), "server_error")).brakes);
  }
  expect(answers.flatMap((events) => events ?? [])).toMatchObject([{ kind: "key_cools", reason: "server_errors" }]);
  for (let probe = 0; probe < 3; probe++) {
    await rig.advance(300_000);
    expect((await rig.call(await rig.job("ada"), "server_error")).brakes).toBeUndefined();
  }
  await rig.advance(300_000);
  expect((await rig.call(await rig.job("ada"))).brakes).toMatchObject([{ kind: "key_opened", reason: "server_errors" }]);
  await stopSweeps();
});

test("a Redis without a record of the last window is told once, with its end, however many workers start", async () => {
  sweepOf("worker-0");
  sweepOf("worker-1");
  for (const worker of ["worker-0", "worker-1"]) {
    await rig.engine.keys.start({ worker, apiKey: "rig-api-key", secrets: rig.engine.secrets, fresh: false });
  }
  const untilMs = (await rig.engine.keys.read()).untilMs;
  expect(await allSweep()).toEqual([{ kind: "key_cools", reason: "fresh_state", untilMs }]);
  await rig.advance(61_000);
  expect(await allSweep()).toEqual([{ kind: "key_opened", reason: "fresh_state" }]);
  expect(await allSweep()).toEqual([]);
  await stopSweeps();
});

test("the day's credits are told once when they are spent and once when they are open, also by workers of other bounds", async () => {
  await twoWorkers([rig.withConfig({ maxCreditsPerDay: 2 }), rig.withConfig({ maxCreditsPerDay: 3 }), rig.engine]);
  await rig.call(await rig.job("ada"));
  expect(await allSweep()).toEqual([]);
  await rig.call(await rig.job("ada"));
  expect(await allSweep()).toMatchObject([
    { kind: "day_spent", limit: 2, spent: 2, untilMs: (Math.floor(rig.nowMs / DAY_MS) + 1) * DAY_MS },
    { kind: "day_opened", limit: 2 },
  ]);
  await rig.call(await rig.job("ada"));
  const third = await allSweep();
  expect(third).toMatchObject([
    { kind: "day_spent", limit: 3, spent: 3 },
    { kind: "day_opened", limit: 3 },
  ]);
  expect(await allSweep()).toEqual([]);
  await stopSweeps();
});

test("a day's credits that are spent are open again on the next day", async () => {
  await twoWorkers([rig.withConfig({ maxCreditsPerDay: 1 }), rig.withConfig({ maxCreditsPerDay: 1 })]);
  await rig.call(await rig.job("ada"));
  expect(await allSweep()).toMatchObject([{ kind: "day_spent", limit: 1 }]);
  await rig.advance(DAY_MS);
  expect(await allSweep()).toEqual([{ kind: "day_opened", limit: 1 }]);
  await stopSweeps();
});

test("a shortage of Redis is told by one worker, which tells its end; where it is gone another does", async () => {
  await rig.open();
  const { keys } = rig.engine;
  const beats = async (seen: Record<string, "redis_memory" | "redis_replicas" | null>) => {
    const says: string[] = [];
    for (const [worker, shortage] of Object.entries(seen)) {
      const { shortageBefore } = await keys.beat(worker, shortage);
      if (shortageBefore !== undefined) says.push(`${worker}: ${shortageBefore} to ${shortage}`);
    }
    return says;
  };
  expect(await beats({ one: null, other: null })).toEqual([]);
  expect(await beats({ one: "redis_memory", other: "redis_memory" })).toEqual(["one: null to redis_memory"]);
  expect(await beats({ other: null })).toEqual([]);
  expect(await beats({ one: "redis_replicas", other: "redis_memory" })).toEqual(["one: redis_memory to redis_replicas"]);
  await keys.leave("one");
  expect(await beats({ other: null })).toEqual(["other: redis_replicas to null"]);
});

test("the beginning and the end of a rest are posted to webhooks that ask for events of accounts, in their order", async () => {
  await twoWorkers();
  const { webhooks } = rig.engine;
  const target = { url: "https://example.com/hook", secret: `whsec_${Buffer.alloc(24, 1).toString("base64")}` };
  await webhooks.put("all", target);
  await webhooks.put("outcomes", { ...target, events: ["outcome"] });
  await webhooks.put("spring", { ...target, campaignId: "spring" });
  const since = new Date(rig.nowMs).toISOString();
  await rig.call(await invitation(), "family_limited");
  await rig.advance(first);
  await allSweep();

  const deliveries = new WebhookDeliveries(rig.engine, DELIVERY_PACE);
  const posted: { webhook: string; item: string; body: Record<string, unknown> }[] = [];
  for (;;) {
    const { posts } = await deliveries.claim(10, { perWebhook: 10, inFlight: new Map() });
    if (posts.length === 0) break;
    for (const post of posts) {
      const body = JSON.parse((await deliveries.body(post)) ?? "{}") as Record<string, unknown>;
      if (String(body["type"]).startsWith("account.")) posted.push({ webhook: post.webhook, item: post.item, body });
      await deliveries.done(post, { ok: true });
    }
  }
  const about = { accountId: "ada", scope: "invite", cause: "invitation_limit", since };
  const until = new Date(Date.parse(since) + first).toISOString();
  expect(posted).toEqual([
    {
      webhook: "all",
      item: expect.stringMatching(/^[A-Za-z0-9._-]{1,100}$/),
      body: { type: "account.rest_started", timestamp: since, data: { ...about, operation: "invitation.send", until } },
    },
    { webhook: "all", item: expect.any(String), body: { type: "account.rest_ended", timestamp: until, data: { ...about, by: "time" } } },
  ]);
  expect(posted[0]?.item).not.toBe(posted[1]?.item);
  // A delivered event is owed to nobody.
  expect(await rig.client.hlen(rig.key("owed"))).toBe(0);
  await stopSweeps();
});
